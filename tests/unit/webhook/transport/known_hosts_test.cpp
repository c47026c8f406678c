#include "webhook/transport/known_hosts.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::transport {

TEST_CASE("a wildcard that answers to any name crowds out its own zone only",
          "[transport][names]") {
  KnownHosts hosts;
  hosts.remember("registry.example");
  for (int i = 0; i < 5000; ++i) {
    hosts.remember("n" + std::to_string(i) + ".evil.test");
  }
  CHECK(hosts.knows("registry.example"));
  CHECK(hosts.knows("n4999.evil.test"));
  CHECK_FALSE(hosts.knows("n0.evil.test"));
  CHECK(hosts.size() == 33);
}

TEST_CASE("the hosts of many zones are bounded, the oldest go first", "[transport][names]") {
  KnownHosts hosts;
  for (int i = 0; i < 2000; ++i) {
    hosts.remember("registry.zone" + std::to_string(i) + ".test");
  }
  CHECK(hosts.size() == 1024);
  CHECK(hosts.knows("registry.zone976.test"));
  CHECK_FALSE(hosts.knows("registry.zone975.test"));
  hosts.remember("registry.zone976.test");
  CHECK(hosts.size() == 1024);
}

}  // namespace leangate::transport
