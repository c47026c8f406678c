#include <cstdlib>
#include <fstream>

#include "tests/golden/golden_case.h"
#include "tests/support/catch.h"

namespace leangate::golden {

TEST_CASE("reviews are answered word for word as expected", "[golden]") {
  const bool is_update =
      std::getenv("LEANGATE_UPDATE_GOLDEN") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  const auto cases = find_cases();
  REQUIRE(cases.size() > 40);
  for (const auto& folder : cases) {
    DYNAMIC_SECTION(folder.filename().string()) {
      const auto text = run_case(folder).dump(2) + "\n";
      const auto file = folder / "expected.json";
      if (is_update) {
        std::ofstream{file, std::ios::binary} << text;
      }
      CHECK(text == read_text(file));
    }
  }
}

}  // namespace leangate::golden
