#include "webhook/support/resolver.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

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
                            NameStanding standing = NameStanding::Configured,
                            Deadline deadline = deadline_in(seconds{60})) {
  auto promise = std::make_shared<std::promise<Resolution>>();
  pool.resolve({host, standing, deadline},
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
  options.unknown_threads = 1;
  options.max_queued = 1;
  auto pool = std::make_unique<ResolverPool>(
      options, [lookup = through(gate)](const std::string& host) -> Resolution {
        if (host == "trusted") {
          return Resolution{{"192.0.2.2"}, "", false};
        }
        return lookup(host);
      });
  auto running = ask(*pool, "stranger", NameStanding::Unknown);
  gate->first_promise.get_future().wait();
  auto queued = ask(*pool, "second", NameStanding::Unknown);
  const Resolution refused = ask(*pool, "third", NameStanding::Unknown).get();
  REQUIRE_FALSE(refused.has_addresses());
  CHECK(refused.overloaded);
  CHECK(ask(*pool, "trusted").get().has_addresses());
  CHECK(gate->lookups == 1);
  gate->promise.set_value();
  CHECK(running.get().has_addresses());
  CHECK(queued.get().has_addresses());
}

TEST_CASE("a zone is the last two labels of a name", "[support][resolver]") {
  CHECK(zone_of("a.b.example.com") == "example.com");
  CHECK(zone_of("a.b.example.com.") == "example.com");
  CHECK(zone_of("example.com") == "example.com");
  CHECK(zone_of("registry") == "registry");
  CHECK(zone_of("registry.") == "registry");
  CHECK(zone_of(".com") == ".com");
  CHECK(zone_of("") == "");
}

TEST_CASE("hundreds of slow names of one zone leave other strangers their threads",
          "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  const auto pool = std::make_unique<ResolverPool>(
      ResolverPoolOptions{}, [lookup = through(gate)](const std::string& host) -> Resolution {
        const bool slow = host.find("tarpit") != std::string::npos;
        return slow ? lookup(host) : Resolution{{"192.0.2.2"}, "", false};
      });
  std::vector<std::future<Resolution>> stuck;
  std::size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    stuck.push_back(ask(*pool, std::to_string(i) + ".tarpit.example", NameStanding::Unknown));
    if (stuck.back().wait_for(seconds{0}) == std::future_status::ready) {
      CHECK(stuck.back().get().overloaded);
      stuck.pop_back();
      ++refused;
    }
  }
  // Two run, and a quarter of the queue waits; how many run by then is the system's choice.
  CHECK(refused >= 300 - 64 - 2);
  CHECK(refused <= 300 - 64);
  for (const char* host : {"one.example", "two.example", "three.example"}) {
    CAPTURE(host);
    CHECK(ask(*pool, host, NameStanding::Unknown).get().has_addresses());
  }
  CHECK(gate->lookups <= 2);
  gate->promise.set_value();
  for (auto& answer : stuck) {
    CHECK(answer.get().has_addresses());
  }
}

TEST_CASE("names that answered once can't hold up the operator's", "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  const auto pool = std::make_unique<ResolverPool>(
      ResolverPoolOptions{}, [lookup = through(gate)](const std::string& host) -> Resolution {
        const bool slow = host.find("tarpit") != std::string::npos;
        return slow ? lookup(host) : Resolution{{"192.0.2.2"}, "", false};
      });
  std::vector<std::future<Resolution>> stuck;
  for (int i = 0; i < 100; ++i) {
    const std::string zone = ".tarpit" + std::to_string(i % 20) + ".example";
    for (const NameStanding standing : {NameStanding::Answered, NameStanding::Unknown}) {
      stuck.push_back(ask(*pool, std::to_string(i) + zone, standing));
    }
  }
  for (int i = 0; i < 20; ++i) {
    const auto host = "registry" + std::to_string(i);
    CHECK(ask(*pool, host, NameStanding::Configured).get().has_addresses());
  }
  gate->promise.set_value();
}

TEST_CASE("a lookup that hangs is told once, and another thread takes its place",
          "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  const auto told = std::make_shared<std::atomic<int>>(0);
  ResolverPoolOptions options;
  options.threads = options.unknown_threads = 1;
  options.hangs_after = std::chrono::milliseconds{50};
  options.max_hanging = 2;
  options.on_hanging = [told](const std::string&, std::size_t) { ++*told; };
  const auto pool = std::make_unique<ResolverPool>(
      options, [lookup = through(gate)](const std::string& host) -> Resolution {
        const bool slow = host.find("tarpit") != std::string::npos;
        return slow ? lookup(host) : Resolution{{"192.0.2.2"}, "", false};
      });
  auto first = ask(*pool, "tarpit1", NameStanding::Unknown);
  gate->first_promise.get_future().wait();
  // While the only thread hangs, names are asked for again until one comes through.
  const auto comes_through = [&pool](const std::string& host) {
    const auto until = std::chrono::steady_clock::now() + seconds{10};
    auto answer = ask(*pool, host, NameStanding::Unknown);
    while (answer.wait_for(std::chrono::milliseconds{5}) != std::future_status::ready) {
      if (std::chrono::steady_clock::now() > until) {
        return false;
      }
      pool->resolve({"tarpit1", NameStanding::Unknown, deadline_in(seconds{1})},
                    [](const auto&) {});
    }
    return answer.get().has_addresses();
  };
  CHECK(comes_through("honest1"));
  CHECK(*told == 1);
  const Resolution again = ask(*pool, "tarpit1", NameStanding::Unknown).get();
  CHECK(again.failure == "an earlier lookup of the name still hangs");
  auto second = ask(*pool, "tarpit2", NameStanding::Unknown);
  CHECK(comes_through("honest2"));
  CHECK(*told == 2);  // the limit is reached
  auto third = ask(*pool, "tarpit3", NameStanding::Unknown);
  auto held_up = ask(*pool, "honest3", NameStanding::Unknown);
  CHECK(held_up.wait_for(std::chrono::milliseconds{200}) == std::future_status::timeout);
  gate->promise.set_value();
  CHECK(held_up.get().has_addresses());
  for (auto* answer : {&first, &second, &third}) {
    CHECK(answer->get().has_addresses());
  }
  CHECK(*told == 2);
}

TEST_CASE("a name that nobody waits for any more is not looked up", "[support][resolver]") {
  const auto gate = std::make_shared<Gate>();
  gate->promise.set_value();
  ResolverPool pool{ResolverPoolOptions{}, through(gate)};
  const auto past = std::chrono::steady_clock::now() - seconds{1};
  CHECK_FALSE(ask(pool, "late", NameStanding::Configured, past).get().has_addresses());
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
