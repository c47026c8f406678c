#include "webhook/inspection/host_queue.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

// Runs what may run and remembers in which order.
struct Rig {
  explicit Rig(const HostLimits& limits) : queue{limits} {}

  bool push(const std::string& host, bool is_configured = false) {
    return queue.push(host, is_configured, [this, host] { started.push_back(host); });
  }
  void push_many(const std::string& host, int count, bool is_configured = false) {
    for (int i = 0; i < count; ++i) {
      REQUIRE(push(host, is_configured));
    }
  }
  // How many of the host have been started by now.
  long run(const std::string& host = "") {
    while (auto task = queue.next()) {
      (*task)();
    }
    return host.empty() ? static_cast<long>(started.size())
                        : std::count(started.begin(), started.end(), host);
  }

  HostQueue queue;
  std::vector<std::string> started;
};

}  // namespace

TEST_CASE("a host has its slots, and all hosts have theirs", "[inspection]") {
  Rig rig{{.max_running = 8, .per_host = 3, .max_waiting = 100}};
  rig.push_many("a", 5, true);
  CHECK(rig.run("a") == 3);
  rig.push_many("b", 5, true);
  rig.push_many("c", 5, true);
  CHECK(rig.run() == 8);
  rig.queue.finished("a");
  CHECK(rig.run() == 9);
}

TEST_CASE("hosts take turns", "[inspection]") {
  Rig rig{{.max_running = 4, .per_host = 4, .max_waiting = 100}};
  rig.push_many("a", 4, true);
  rig.push_many("b", 1, true);
  rig.push_many("c", 1, true);
  rig.run();
  CHECK(rig.started == std::vector<std::string>{"a", "b", "c", "a"});
}

TEST_CASE("all unknown hosts together have a quarter, one of them a quarter of that",
          "[inspection]") {
  Rig rig{{.max_running = 64, .per_host = 16, .max_waiting = 1'000}};
  rig.push_many("a", 10);
  CHECK(rig.run() == 4);
  for (int i = 0; i < 100; ++i) {
    rig.push("host-" + std::to_string(i));
  }
  CHECK(rig.run() == 16);
  rig.push_many("known", 20, true);
  CHECK(rig.run("known") == 16);
}

TEST_CASE("unknown hosts fill a quarter of the queue", "[inspection]") {
  Rig rig{{.max_running = 4, .per_host = 4, .max_waiting = 40}};
  int taken = 0;
  for (int i = 0; i < 100; ++i) {
    taken += rig.push("host-" + std::to_string(i)) ? 1 : 0;
  }
  CHECK(taken == 10);
  rig.push_many("known", 30, true);
  CHECK_FALSE(rig.push("known", true));
}

TEST_CASE("a host that answers is known, one that ceases to isn't", "[inspection]") {
  Rig rig{{.max_running = 64, .per_host = 16, .max_waiting = 1'000}};
  rig.push_many("a", 20);
  CHECK(rig.run("a") == 4);
  rig.queue.set_answers("a", true);
  CHECK(rig.run("a") == 16);
  // Sixteen run on the account of the unknown now, which is full.
  rig.queue.set_answers("a", false);
  rig.push("b");
  CHECK(rig.run("b") == 0);
  for (int i = 0; i < 16; ++i) {
    rig.queue.finished("a");
  }
  CHECK(rig.run("b") == 1);
  CHECK(rig.run("a") == 20);
}

TEST_CASE("nothing is counted twice or lost when trust changes", "[inspection]") {
  Rig rig{{.max_running = 8, .per_host = 8, .max_waiting = 100}};
  for (int round = 0; round < 50; ++round) {
    rig.push("a");
    rig.push("a", true);
    rig.queue.set_answers("a", round % 2 == 0);
    const long before = rig.run();
    rig.queue.set_answers("a", round % 3 == 0);
    for (long i = 0; i < 2; ++i) {
      rig.queue.finished("a");
    }
    REQUIRE(before == 2 * (round + 1));
  }
  rig.queue.set_answers("a", false);
  rig.push_many("b", 2);
  rig.push_many("c", 2);
  CHECK(rig.run() == 102);  // the unknown have two slots again, no more and no less
}

}  // namespace leangate::inspection
