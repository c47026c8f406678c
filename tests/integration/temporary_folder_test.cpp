#include "tests/fakes/temporary_folder.h"

#include <filesystem>

#include "tests/support/catch.h"

namespace leangate::fakes {

TEST_CASE("a temporary folder goes with its object", "[fakes]") {
  std::string file;
  {
    const TemporaryFolder folder;
    file = folder.write("a/b.txt", "text");
    CHECK(std::filesystem::file_size(file) == 4);
  }
  CHECK_FALSE(std::filesystem::exists(file));
}

}  // namespace leangate::fakes
