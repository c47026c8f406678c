#include "webhook/cli/files.h"

#include "tests/fakes/temporary_folder.h"
#include "tests/support/catch.h"

namespace leangate::cli {

TEST_CASE("a file is read whole up to its limit", "[cli]") {
  const fakes::TemporaryFolder folder;
  const std::string path = folder.write("a.yaml", "12345");

  CHECK(read_file(path, 5).value() == "12345");
  CHECK(read_file(path, 4).error() == path + " is larger than 4 bytes");
  CHECK(read_file(path + ".gone", 4).error() ==
        path + ".gone can't be opened: No such file or directory");
  CHECK(read_file(folder.path().string(), 4).error() ==
        folder.path().string() + " can't be read: Is a directory");
}

}  // namespace leangate::cli
