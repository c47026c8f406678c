#include "webhook/support/resolver.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "tests/support/catch.h"

namespace leangate {
namespace {

using std::chrono::seconds;

// Answers when it is told to, and counts who asks.
struct Gate {
  std::promise<void> promise;
  std::shared_future<void> open = promise.get_future().share();
  std::atomic<int> lookups{0};
  std::promise<void> first_promise;
  std::atomic<bool> asked{false};
};

ResolverPool::Lookup through(const std::shared_ptr<Gate>& gate) {
  return [gate](const std::string& host) -> Resolution {
    ++gate->lookups;
    if (!gate->asked.exchange(true)) {
      gate->first_promise.set_value();
    }
    gate->open.wait();
    if (host == "missing") {
      return Resolution::failed("no such name");
    }
    return Resolution{{"192.0.2.1"}, "", false};
  };
}

std::future<Resolution> ask(ResolverPool& pool,
                            const std::string& host,
                            bool trusted = true,
                            Deadline deadline = deadline_in(seconds{60})) {
  auto promise = std::make_shared<std::promise<Resolution>>();
  pool.resolve({host, trusted, deadline},
               [promise](const Resolution& answer) { promise->set_value(answer); });
  return promise->get_future();
}

}  // namespace

TEST_CASE("many who wait for one name ask once, and the answer is kept", "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  ResolverPool pool{ResolverPoolOptions{}, through(gate)};
  auto first = ask(pool, "a");
  auto second = ask(pool, "a");
  gate->promise.set_value();
  CHECK(first.get().addresses == std::vector<std::string>{"192.0.2.1"});
  CHECK(second.get().has_addresses());
  CHECK(ask(pool, "a").get().has_addresses());
  CHECK(gate->lookups == 1);
}

TEST_CASE("a failure is told and not kept", "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  gate->promise.set_value();
  ResolverPool pool{ResolverPoolOptions{}, through(gate)};
  for (int asked = 1; asked <= 2; ++asked) {
    const Resolution answer = ask(pool, "missing").get();
    REQUIRE_FALSE(answer.has_addresses());
    CHECK_FALSE(answer.overloaded);
    CHECK(gate->lookups == asked);
  }
}

TEST_CASE("strangers' names fill their own lane only", "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  ResolverPoolOptions options;
  options.threads = 2;
  options.untrusted_threads = 1;
  options.max_queued = 1;
  auto pool = std::make_unique<ResolverPool>(
      options, [lookup = through(gate)](const std::string& host) -> Resolution {
        if (host == "trusted") {
          return Resolution{{"192.0.2.2"}, "", false};
        }
        return lookup(host);
      });
  auto running = ask(*pool, "stranger", false);
  gate->first_promise.get_future().wait();
  auto queued = ask(*pool, "second", false);
  const Resolution refused = ask(*pool, "third", false).get();
  REQUIRE_FALSE(refused.has_addresses());
  CHECK(refused.overloaded);
  CHECK(ask(*pool, "trusted").get().has_addresses());
  CHECK(gate->lookups == 1);
  gate->promise.set_value();
  CHECK(running.get().has_addresses());
  CHECK(queued.get().has_addresses());
}

TEST_CASE("a name that nobody waits for any more is not looked up", "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  gate->promise.set_value();
  ResolverPool pool{ResolverPoolOptions{}, through(gate)};
  const auto past = std::chrono::steady_clock::now() - seconds{1};
  CHECK_FALSE(ask(pool, "late", true, past).get().has_addresses());
  CHECK(gate->lookups == 0);
}

TEST_CASE("the end of a resolver waits for no thread that hangs", "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  auto pool = std::make_unique<ResolverPool>(ResolverPoolOptions{}, through(gate));
  auto stuck = ask(*pool, "a");
  gate->first_promise.get_future().wait();
  const auto start = std::chrono::steady_clock::now();
  pool.reset();
  CHECK(std::chrono::steady_clock::now() - start < seconds{2});
  gate->promise.set_value();
  CHECK(stuck.get().has_addresses());
}

TEST_CASE("the system's resolver knows literals and localhost", "[support][resolver]") {
  ResolverPool pool{ResolverPoolOptions{}};
  CHECK(ask(pool, "127.0.0.1").get().addresses == std::vector<std::string>{"127.0.0.1"});
  CHECK(ask(pool, "::1").get().addresses == std::vector<std::string>{"::1"});
  CHECK(ask(pool, "localhost").get().has_addresses());
  CHECK_FALSE(ask(pool, "").get().has_addresses());
}

}  // namespace leangate
