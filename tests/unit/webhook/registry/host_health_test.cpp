#include "webhook/registry/host_health.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/support/catch.h"
#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Caller = HostHealth::Caller;
using Refusal = HostHealth::Refusal;
using Sign = HostHealth::Sign;

const Caller kHub{"https://registry-1.docker.io:443", "someone", true, false};

// How long the caller is kept from asking; 0 s when it may.
seconds refused_for(HostHealth& health, const Caller& caller) {
  const auto permit = health.admit(caller);
  return permit ? seconds{0} : permit.error().left;
}

// Whoever may ask, asks, and it shows this.
void ask(HostHealth& health,
         const Caller& caller,
         Sign sign,
         std::optional<seconds> retry_after = std::nullopt) {
  const auto permit = health.admit(caller);
  REQUIRE(permit);
  health.settle(caller, *permit, sign, retry_after);
}

void open_circuit(HostHealth& health, fakes::FakeClock& clock, const Caller& caller) {
  for (int i = 0; i < 5; ++i) {
    ask(health, caller, Sign::Failing);
    clock.advance(i < 4 ? seconds{1} : seconds{0});
  }
}

}  // namespace

TEST_CASE("a limited credential is left alone, others go on", "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  CHECK(health.cool_down(kHub, seconds{120}, false) == seconds{120});

  CHECK(refused_for(health, kHub) == seconds{120});
  Caller other = kHub;
  other.credential = "other";
  CHECK(refused_for(health, other) == seconds{0});
  other.credential = "";
  CHECK(refused_for(health, other) == seconds{0});
  other = kHub;
  other.origin = "https://auth.docker.io:443";
  CHECK(refused_for(health, other) == seconds{0});

  clock.advance(seconds{119});
  CHECK(refused_for(health, kHub) == seconds{1});
  clock.advance(seconds{1});
  CHECK(refused_for(health, kHub) == seconds{0});
}

TEST_CASE("a cool-down lasts as long as the registry says, within reason", "[registry][health]") {
  struct Case {
    std::string name;
    std::optional<seconds> retry_after;
    seconds span;
  };
  const auto row = GENERATE(values<Case>({
      {"no word", std::nullopt, seconds{30}},
      {"at once", seconds{0}, seconds{30}},
      {"a second", seconds{1}, seconds{1}},
      {"a quarter of an hour", minutes{15}, minutes{15}},
      {"a day", minutes{1440}, minutes{15}},
  }));
  CAPTURE(row.name);
  fakes::FakeClock clock;
  HostHealth health{clock};
  CHECK(health.cool_down(kHub, row.retry_after, false) == row.span);
  CHECK(refused_for(health, kHub) == row.span);
  clock.advance(row.span);
  CHECK(refused_for(health, kHub) == seconds{0});
}

TEST_CASE("a shorter word doesn't end a longer one", "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  health.cool_down(kHub, seconds{60}, false);
  health.cool_down(kHub, seconds{1}, false);
  CHECK(refused_for(health, kHub) == seconds{60});
}

TEST_CASE("a quota of pulls leaves HEAD free until that is limited, too", "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  Caller head = kHub;
  head.is_head = true;

  health.cool_down(kHub, seconds{60}, true);
  CHECK(refused_for(health, kHub) == seconds{60});
  CHECK(refused_for(health, head) == seconds{0});
  health.cool_down(head, seconds{30}, false);
  CHECK(refused_for(health, head) == seconds{30});
  CHECK(refused_for(health, kHub) == seconds{60});
  clock.advance(seconds{30});
  CHECK(refused_for(health, head) == seconds{0});
  CHECK(refused_for(health, kHub) == seconds{30});
}

TEST_CASE("five failures in a row open the circuit for everybody", "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  open_circuit(health, clock, kHub);

  const auto permit = health.admit(kHub);
  REQUIRE_FALSE(permit);
  CHECK(permit.error().reason == Refusal::Reason::OpenCircuit);
  CHECK(permit.error().left == seconds{30});
  Caller other = kHub;
  other.credential = "other";
  CHECK(refused_for(health, other) == seconds{30});
  other.origin = "https://auth.docker.io:443";
  CHECK(refused_for(health, other) == seconds{0});
  // A stranger's redirect to this host, without its certificates, tells nothing of it.
  other = kHub;
  other.is_configured = false;
  CHECK(refused_for(health, other) == seconds{0});
}

TEST_CASE("failures that aren't five in a row don't open it", "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  SECTION("an answer in between") {
    for (int i = 0; i < 20; ++i) {
      ask(health, kHub, i % 5 == 4 ? Sign::Alive : Sign::Failing);
      clock.advance(seconds{1});
    }
  }
  SECTION("a hundred within one second") {
    for (int i = 0; i < 100; ++i) {
      ask(health, kHub, Sign::Failing);
    }
  }
  SECTION("nothing clear") {
    for (int i = 0; i < 20; ++i) {
      ask(health, kHub, Sign::Unclear);
      clock.advance(seconds{1});
    }
  }
  SECTION("from two sides") {
    Caller stranger = kHub;
    stranger.is_configured = false;
    for (int i = 0; i < 4; ++i) {
      ask(health, kHub, Sign::Failing);
      ask(health, stranger, Sign::Failing);
      clock.advance(seconds{1});
    }
  }
  CHECK(refused_for(health, kHub) == seconds{0});
}

TEST_CASE("an open circuit lets one see whether the host is back", "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  open_circuit(health, clock, kHub);
  clock.advance(seconds{30});
  const auto probe = health.admit(kHub);
  REQUIRE(probe);
  CHECK(probe->is_probe);
  CHECK(refused_for(health, kHub) == seconds{1});

  SECTION("it is") {
    health.settle(kHub, *probe, Sign::Alive, std::nullopt);
    const auto next = health.admit(kHub);
    REQUIRE(next);
    CHECK_FALSE(next->is_probe);
    ask(health, kHub, Sign::Failing);  // and the count begins anew
    CHECK(refused_for(health, kHub) == seconds{0});
  }
  SECTION("it isn't") {
    health.settle(kHub, *probe, Sign::Failing, std::nullopt);
    CHECK(refused_for(health, kHub) == seconds{30});
  }
  SECTION("it isn't, and says for how long") {
    health.settle(kHub, *probe, Sign::Failing, seconds{100});
    CHECK(refused_for(health, kHub) == seconds{100});
  }
  SECTION("it says for too long") {
    health.settle(kHub, *probe, Sign::Failing, minutes{1440});
    CHECK(refused_for(health, kHub) == minutes{15});
  }
  SECTION("nobody knows, so that another one looks") {
    health.settle(kHub, *probe, Sign::Unclear, std::nullopt);
    const auto next = health.admit(kHub);
    REQUIRE(next);
    CHECK(next->is_probe);
  }
  SECTION("the probe never comes back, so that another one looks") {
    clock.advance(seconds{30});
    const auto next = health.admit(kHub);
    REQUIRE(next);
    CHECK(next->is_probe);
  }
}

TEST_CASE("news from before the circuit opened doesn't prolong it, but ends it",
          "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  open_circuit(health, clock, kHub);
  clock.advance(seconds{10});
  health.settle(kHub, {}, Sign::Failing, std::nullopt);
  CHECK(refused_for(health, kHub) == seconds{20});
  health.settle(kHub, {}, Sign::Alive, std::nullopt);
  CHECK(refused_for(health, kHub) == seconds{0});
}

TEST_CASE("of a hundred threads exactly one is the probe", "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  open_circuit(health, clock, kHub);
  clock.advance(seconds{30});

  std::atomic<bool> go{false};
  std::atomic<int> probes{0};
  std::atomic<int> permits{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      while (!go) {
        std::this_thread::yield();
      }
      if (const auto permit = health.admit(kHub)) {
        ++permits;
        probes += permit->is_probe ? 1 : 0;
      }
    });
  }
  go = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(permits == 1);
  CHECK(probes == 1);
}

TEST_CASE("strangers can't crowd out what is known of configured hosts", "[registry][health]") {
  fakes::FakeClock clock;
  HostHealth health{clock};
  open_circuit(health, clock, kHub);
  health.cool_down(kHub, minutes{10}, false);
  Caller first = kHub;
  first.is_configured = false;
  first.origin = "https://first.example:443";
  health.cool_down(first, minutes{10}, false);
  for (std::size_t i = 0; i < kMaxCoolDowns; ++i) {
    Caller stranger = first;
    stranger.origin = "https://" + std::to_string(i) + ".example:443";
    health.settle(stranger, {}, Sign::Failing, std::nullopt);
    health.cool_down(stranger, minutes{10}, false);
  }

  CHECK(refused_for(health, first) == seconds{0});  // they crowd out one another: it is bounded
  CHECK(refused_for(health, kHub) == minutes{10});
  Caller other = kHub;
  other.credential = "other";
  CHECK(refused_for(health, other) == seconds{30});
}

}  // namespace leangate::registry
