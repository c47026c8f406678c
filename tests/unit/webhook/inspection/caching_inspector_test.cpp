#include "webhook/inspection/caching_inspector.h"

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <new>
#include <string>
#include <thread>

#include "tests/support/catch.h"
#include "tests/unit/webhook/inspection/cache_rig.h"
#include "webhook/inspection/evidence_size.h"

namespace leangate::inspection {
namespace {

using policy::LookupFailureKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

TEST_CASE("more evidence serves who wants less, not the other way round", "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  InspectionRequest little = request_for("1");
  little.level = EvidenceLevel::Manifest;

  ask(inspector, little);
  ask(inspector, request_for("1"));
  CHECK(rig.registry.gets() == 2);
  ask(inspector, little);
  CHECK(rig.registry.gets() == 2);
}

TEST_CASE("many callers make one lookup, also when it fails", "[inspection]") {
  const bool fails = GENERATE(false, true);
  CacheRig rig;
  if (fails) {
    rig.registry.fail(LookupFailureKind::Unreachable);
  }
  rig.registry.hold("r.example");
  CachingInspector inspector{rig.parts(), rig.options};
  std::vector<std::future<Inspection>> callers;
  for (int i = 0; i < 8; ++i) {
    callers.push_back(
        std::async(std::launch::async, [&] { return ask(inspector, request_for("1")); }));
  }
  while (!rig.counted("coalesced", 7)) {
    std::this_thread::yield();
  }
  rig.registry.release();
  for (std::future<Inspection>& caller : callers) {
    CHECK(caller.get()->failure.has_value() == fails);
  }
  CHECK(rig.registry.gets() == 1);

  // A failure isn't kept.
  rig.registry.recover();
  CHECK_FALSE(ask(inspector, request_for("1"))->failure);
  CHECK(rig.registry.gets() == (fails ? 2 : 1));
}

TEST_CASE("a lookup goes on after its caller gave up", "[inspection]") {
  CacheRig rig;
  rig.registry.hold("r.example");
  CachingInspector inspector{rig.parts(), rig.options};

  const Inspection late =
      inspector.inspect_all({request_for("1")}, deadline_in(milliseconds{20})).front();
  REQUIRE(late->failure);
  CHECK(late->failure->kind == LookupFailureKind::Timeout);

  rig.registry.release();
  CHECK_FALSE(ask(inspector, request_for("1"))->failure);
  CHECK(rig.registry.gets() == 1);
}

TEST_CASE("a slow host keeps no other waiting", "[inspection]") {
  CacheRig rig;
  rig.options.max_in_flight = 3;
  rig.options.per_host = 2;
  rig.options.is_configured = [](const std::string&) { return true; };
  rig.registry.hold("slow.example");
  CachingInspector inspector{rig.parts(), rig.options};
  std::vector<InspectionRequest> slow;
  for (int i = 0; i < 10; ++i) {
    slow.push_back(request_for(std::to_string(i), "slow.example"));
  }
  inspector.inspect_all(slow, deadline_in(milliseconds{0}));
  REQUIRE(rig.registry.wait_for_gets(2));

  CHECK_FALSE(ask(inspector, request_for("1", "fast.example"))->failure);
  CHECK(rig.registry.gets() == 3);  // two slow ones, not a third

  rig.registry.release();
  for (const Inspection& result : inspector.inspect_all(slow, deadline_in(seconds{10}))) {
    CHECK_FALSE(result->failure);
  }
}

TEST_CASE("what can't wait any more is refused at once", "[inspection]") {
  CacheRig rig;
  rig.options.max_in_flight = 1;
  rig.options.per_host = 1;
  rig.registry.hold("r.example");
  CachingInspector inspector{rig.parts(), rig.options};
  std::vector<InspectionRequest> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(request_for(std::to_string(i)));
  }

  const std::vector<Inspection> results = inspector.inspect_all(many, deadline_in(milliseconds{0}));
  REQUIRE(results.size() == 100);
  CHECK(results.front()->failure->kind == LookupFailureKind::Timeout);
  CHECK(results.back()->failure->kind == LookupFailureKind::Overloaded);
  rig.registry.release();
}

TEST_CASE("beyond the cap on waiting calls the answer comes at once", "[inspection]") {
  CacheRig rig;
  rig.options.max_waiting = 1;
  rig.registry.hold("r.example");
  CachingInspector inspector{rig.parts(), rig.options};
  std::thread waiting{[&] {
    static_cast<void>(inspector.inspect_all({request_for("slow")}, deadline_in(seconds{20})));
  }};
  while (rig.registry.gets() == 0) {
    std::this_thread::yield();
  }

  const auto results = inspector.inspect_all({request_for("other")}, deadline_in(seconds{20}));
  REQUIRE(results.front()->failure);
  CHECK(results.front()->failure->kind == LookupFailureKind::Overloaded);

  rig.registry.release();
  waiting.join();
  // Nobody waits any more, and the lookup that was started has gone on.
  CHECK_FALSE(ask(inspector, request_for("other"))->failure);
}

TEST_CASE("an inspector that throws leaves nobody waiting", "[inspection]") {
  class Throwing final : public ImageInspector {
   public:
    std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>&, Deadline) override {
      throw std::bad_alloc{};
    }
  };
  CacheRig rig;
  Throwing inner;
  CachingInspector inspector{{inner, rig.registry, rig.metrics, rig.clock}, rig.options};

  const auto results = inspector.inspect_all({request_for("1")}, deadline_in(seconds{20}));

  REQUIRE(results.front()->failure);
  CHECK(results.front()->failure->kind == LookupFailureKind::Unreadable);
}

TEST_CASE("the cache is bounded in bytes, the least recently used go", "[inspection]") {
  CacheRig rig;
  rig.options.max_bytes = 16u << 10;
  CachingInspector inspector{rig.parts(), rig.options};
  const auto by_digest = [](int number) {
    return request_by_digest(fakes::fake_digest(std::to_string(number)));
  };
  for (int i = 0; i < 100; ++i) {
    ask(inspector, by_digest(i));
  }
  CHECK(rig.registry.gets() == 100);

  ask(inspector, by_digest(99));
  CHECK(rig.registry.gets() == 100);
  ask(inspector, by_digest(0));
  CHECK(rig.registry.gets() == 101);
}

TEST_CASE("hosts that nobody knows share a quarter of the slots", "[inspection]") {
  CacheRig rig;
  rig.options.max_in_flight = 8;
  rig.options.per_host = 8;
  rig.options.is_configured = [](const std::string& host) { return host == "known.example:5000"; };
  CachingInspector inspector{rig.parts(), rig.options};
  rig.registry.hold_all();
  std::vector<InspectionRequest> strange;
  std::vector<InspectionRequest> known;
  for (int i = 0; i < 10; ++i) {
    strange.push_back(request_for("1", "h" + std::to_string(i) + ".evil.example"));
    strange.push_back(request_for("1", "evil.example:" + std::to_string(i + 1)));
    known.push_back(request_for(std::to_string(i), "known.example:5000"));
  }
  inspector.inspect_all(strange, deadline_in(milliseconds{0}));
  REQUIRE(rig.registry.wait_for_gets(2));
  inspector.inspect_all(known, deadline_in(milliseconds{0}));
  REQUIRE(rig.registry.wait_for_gets(8));
  CHECK(rig.registry.asked_of("known.example:5000") == 6);

  rig.registry.release();
  for (const Inspection& result : inspector.inspect_all(strange, deadline_in(seconds{10}))) {
    CHECK_FALSE(result->failure);
  }
}

TEST_CASE("the estimate of an image's memory grows with its texts", "[inspection]") {
  policy::ImageEvidence small;
  policy::ImageEvidence large;
  large.platforms.resize(1);
  large.platforms[0].config.emplace();
  large.platforms[0].config->history.resize(10);
  for (policy::HistoryEntry& entry : large.platforms[0].config->history) {
    entry.created_by = std::string(1000, 'x');
  }
  CHECK(memory_of(large) > memory_of(small) + 10'000);
  CHECK(memory_of(large) < memory_of(small) + 14'000);
}

}  // namespace leangate::inspection
