#include <cstdlib>

#include "tests/support/catch.h"

// A golden run that rewrites its expectations can't fail; CI must never be one.
TEST_CASE("the golden update switch is off", "[golden]") {
  CHECK(std::getenv("LEANGATE_UPDATE_GOLDEN") == nullptr);
}
