#include "webhook/transport/patience.h"

#include <chrono>
#include <string>

#include "tests/support/catch.h"

namespace leangate::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Patience::TimePoint kStart{std::chrono::hours{1}};

Patience patience(seconds deadline = seconds{60}) {
  return Patience{TimeLimits{}, kStart + deadline};
}

}  // namespace

TEST_CASE("every step has a limit, reached exactly at its end", "[transport][patience]") {
  Patience waits = patience();
  const auto ends_at = [&waits](seconds limit, const std::string& why) {
    CAPTURE(why);
    CHECK(waits.next_check() == kStart + limit);
    CHECK_FALSE(waits.exhausted(kStart + limit - milliseconds{1}));
    const auto exhausted = waits.exhausted(kStart + limit);
    REQUIRE(exhausted);
    CHECK_THAT(*exhausted, Catch::Contains(why));
  };
  ends_at(seconds{60}, "the deadline passed");
  waits.resolving(kStart);
  ends_at(seconds{8}, "not resolved within 8s");
  waits.connecting(kStart);
  ends_at(seconds{3}, "no connection within 3s");
  waits.request_sent(kStart);
  ends_at(seconds{5}, "no answer within 5s");
  waits.received(1, kStart);
  ends_at(seconds{3}, "less than 3072 bytes within 3s");
}

TEST_CASE("the deadline comes before any step", "[transport][patience]") {
  Patience waits = patience(seconds{2});
  waits.request_sent(kStart);
  CHECK(waits.next_check() == kStart + seconds{2});
  CHECK(waits.exhausted(kStart + seconds{2}) == "the deadline passed");
}

TEST_CASE("who sends fast enough has a new span each time", "[transport][patience]") {
  Patience waits = patience();
  waits.request_sent(kStart);
  waits.received(3071, kStart);
  waits.received(1, kStart + seconds{2});
  CHECK_FALSE(waits.exhausted(kStart + seconds{3}));
  CHECK(waits.next_check() == kStart + seconds{6});
  waits.received(3071, kStart + seconds{5});
  CHECK(waits.exhausted(kStart + seconds{6}));
}

}  // namespace leangate::transport
