#include "webhook/support/executor.h"

#include <atomic>
#include <future>

#include "tests/support/catch.h"

namespace leangate {

TEST_CASE("an executor runs what it takes and refuses beyond its queue", "[support]") {
  Executor executor{"test", 1, 1};
  std::promise<void> started;
  std::promise<void> release;
  std::atomic<int> ran{0};

  REQUIRE(executor.submit([&] {
    started.set_value();
    release.get_future().wait();
    ++ran;
  }));
  started.get_future().wait();
  CHECK(executor.submit([&] { ++ran; }));
  CHECK_FALSE(executor.submit([&] { ++ran; }));

  release.set_value();
  while (ran < 2) {
    std::this_thread::yield();
  }
  executor.stop();
  CHECK(ran == 2);
}

TEST_CASE("a stopped executor drops what waits and finishes what runs", "[support]") {
  Executor executor{"test", 1, 10'000'000};
  std::promise<void> started;
  std::promise<void> release;
  std::atomic<int> ran{0};
  REQUIRE(executor.submit([&] {
    started.set_value();
    release.get_future().wait();
    ++ran;
  }));
  started.get_future().wait();
  REQUIRE(executor.submit([&] { ran += 10; }));

  std::thread stopper{[&] { executor.stop(); }};
  while (executor.submit([] {})) {
    std::this_thread::yield();
  }
  release.set_value();
  stopper.join();

  CHECK(ran == 1);
  CHECK_FALSE(executor.submit([] {}));
}

}  // namespace leangate
