#include "webhook/inspection/lru.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::inspection {

TEST_CASE("what was used longest ago goes first", "[inspection]") {
  LruMap<int> map{1'000};
  map.put("a", 1, 200);
  map.put("b", 2, 200);
  REQUIRE(map.find("a") != nullptr);
  map.put("c", 3, 200);
  CHECK(map.bytes() <= 1'000);
  CHECK(map.find("b") == nullptr);
  CHECK(*map.find("a") == 1);
  CHECK(*map.find("c") == 3);
}

TEST_CASE("a key has one value, what is too large none, and all bytes come back", "[inspection]") {
  LruMap<std::string> map{1'000};
  map.put("a", "old", 100);
  const std::size_t one = map.bytes();
  map.put("a", "new", 100);
  CHECK(map.bytes() == one);
  CHECK(*map.find("a") == "new");
  map.put("a", "huge", 1'000);
  CHECK(map.find("a") == nullptr);
  CHECK(map.bytes() == 0);
  map.erase("a");
  CHECK(map.size() == 0);
}

}  // namespace leangate::inspection
