#include "webhook/inspection/caching_inspector.h"

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <new>
#include <string>
#include <thread>

#include "tests/fakes/fake_clock.h"
#include "tests/support/catch.h"
#include "webhook/inspection/evidence_size.h"

namespace leangate::inspection {
namespace {

using policy::LookupFailureKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers every request with an image whose digest is `digest`; may be held back, may fail.
class FakeInspector final : public ImageInspector {
 public:
  std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>& requests,
                                      Deadline deadline) override {
    std::unique_lock lock{mutex_};
    ++started_;
    changed_.notify_all();
    changed_.wait_until(lock, deadline, [&] {
      return held_.empty() || requests.front().reference.domain != held_;
    });
    auto evidence = std::make_shared<policy::ImageEvidence>();
    if (fails_) {
      evidence->failure = policy::LookupFailure{LookupFailureKind::Unreachable, "down", "down"};
    } else {
      evidence->digest = requests.front().reference.digest.value_or(digest_);
      evidence->platforms.emplace_back();
    }
    return {evidence};
  }

  void set_digest(const std::string& digest) {
    const std::lock_guard lock{mutex_};
    digest_ = digest;
  }
  void fail(bool fails) {
    const std::lock_guard lock{mutex_};
    fails_ = fails;
  }
  // Lookups of this host stop until release().
  void hold(const std::string& host) {
    const std::lock_guard lock{mutex_};
    held_ = host;
  }
  void release() {
    const std::lock_guard lock{mutex_};
    held_.clear();
    changed_.notify_all();
  }
  int started() const {
    const std::lock_guard lock{mutex_};
    return started_;
  }
  bool wait_for_started(int count) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, seconds{10}, [&] { return started_ >= count; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::string digest_ = "sha256:" + std::string(64, 'a');
  std::string held_;
  bool fails_ = false;
  int started_ = 0;
};

struct Rig {
  FakeInspector inner;
  observability::Metrics metrics;
  fakes::FakeClock clock;
  CachingOptions options;

  Inspection ask(CachingInspector& inspector, const InspectionRequest& request) {
    return inspector.inspect_all({request}, deadline_in(seconds{10})).front();
  }
  bool counted(const std::string& result, int count) const {
    return metrics.render().find("leangate_lookups_total{result=\"" + result + "\"} " +
                                 std::to_string(count) + "\n") != std::string::npos;
  }
};

InspectionRequest request_for(const std::string& tag, const std::string& domain = "r.example") {
  InspectionRequest request;
  request.reference.domain = domain;
  request.reference.path = "app";
  request.reference.tag = tag;
  request.platforms.platforms = {{"linux", "amd64", ""}};
  return request;
}

}  // namespace

TEST_CASE("a tag is believed for its time, a digest for ever", "[inspection]") {
  Rig rig;
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};
  const std::string first = rig.ask(inspector, request_for("1"))->digest;

  CHECK(rig.ask(inspector, request_for("1"))->digest == first);
  CHECK(rig.inner.started() == 1);
  CHECK(rig.counted("miss", 1));
  CHECK(rig.counted("hit", 1));

  rig.inner.set_digest("sha256:" + std::string(64, 'b'));
  rig.clock.advance(rig.options.tag_ttl);
  CHECK(rig.ask(inspector, request_for("1"))->digest != first);
  CHECK(rig.inner.started() == 2);

  InspectionRequest by_digest = request_for("1");
  by_digest.reference.tag.reset();
  by_digest.reference.digest = first;
  rig.clock.advance(std::chrono::hours{1000});
  CHECK(rig.ask(inspector, by_digest)->digest == first);
  CHECK(rig.inner.started() == 2);
}

TEST_CASE("what one asked, another isn't told", "[inspection]") {
  struct Case {
    std::string name;
    std::function<void(InspectionRequest&)> change;
  };
  const auto row = GENERATE(values<Case>({
      {"other credentials", [](auto& request) { request.credentials.fingerprint = "f"; }},
      {"other platforms", [](auto& request) { request.platforms.platforms[0].os = "windows"; }},
      {"all platforms", [](auto& request) { request.platforms.all = true; }},
      {"other repository", [](auto& request) { request.reference.path = "app2"; }},
      {"other host", [](auto& request) { request.reference.domain = "s.example"; }},
      {"other tag", [](auto& request) { request.reference.tag = "2"; }},
      {"a user's word", [](auto& request) { request.host_is_users_word = true; }},
  }));
  CAPTURE(row.name);
  Rig rig;
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};
  rig.ask(inspector, request_for("1"));

  InspectionRequest other = request_for("1");
  row.change(other);
  rig.ask(inspector, other);
  CHECK(rig.inner.started() == 2);
}

TEST_CASE("more evidence serves who wants less, not the other way round", "[inspection]") {
  Rig rig;
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};
  InspectionRequest little = request_for("1");
  little.level = EvidenceLevel::Manifest;

  rig.ask(inspector, little);
  rig.ask(inspector, request_for("1"));
  CHECK(rig.inner.started() == 2);
  rig.ask(inspector, little);
  CHECK(rig.inner.started() == 2);
}

TEST_CASE("many callers make one lookup, also when it fails", "[inspection]") {
  const bool fails = GENERATE(false, true);
  Rig rig;
  rig.inner.fail(fails);
  rig.inner.hold("r.example");
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};
  std::vector<std::future<Inspection>> callers;
  for (int i = 0; i < 8; ++i) {
    callers.push_back(
        std::async(std::launch::async, [&] { return rig.ask(inspector, request_for("1")); }));
  }
  while (!rig.counted("coalesced", 7)) {
    std::this_thread::yield();
  }
  rig.inner.release();
  for (std::future<Inspection>& caller : callers) {
    CHECK(caller.get()->failure.has_value() == fails);
  }
  CHECK(rig.inner.started() == 1);

  // A failure isn't kept.
  rig.inner.fail(false);
  CHECK_FALSE(rig.ask(inspector, request_for("1"))->failure);
  CHECK(rig.inner.started() == (fails ? 2 : 1));
}

TEST_CASE("a lookup goes on after its caller gave up", "[inspection]") {
  Rig rig;
  rig.inner.hold("r.example");
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};

  const Inspection late =
      inspector.inspect_all({request_for("1")}, deadline_in(milliseconds{20})).front();
  REQUIRE(late->failure);
  CHECK(late->failure->kind == LookupFailureKind::Timeout);

  rig.inner.release();
  CHECK_FALSE(rig.ask(inspector, request_for("1"))->failure);
  CHECK(rig.inner.started() == 1);
}

TEST_CASE("a slow host keeps no other waiting", "[inspection]") {
  Rig rig;
  rig.options.max_in_flight = 3;
  rig.options.per_host = 2;
  rig.inner.hold("slow.example");
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};
  std::vector<InspectionRequest> slow;
  for (int i = 0; i < 10; ++i) {
    slow.push_back(request_for(std::to_string(i), "slow.example"));
  }
  inspector.inspect_all(slow, deadline_in(milliseconds{0}));
  REQUIRE(rig.inner.wait_for_started(2));

  CHECK_FALSE(rig.ask(inspector, request_for("1", "fast.example"))->failure);
  CHECK(rig.inner.started() == 3);  // two slow ones, not a third

  rig.inner.release();
  for (const Inspection& result : inspector.inspect_all(slow, deadline_in(seconds{10}))) {
    CHECK_FALSE(result->failure);
  }
}

TEST_CASE("what can't wait any more is refused at once", "[inspection]") {
  Rig rig;
  rig.options.max_in_flight = 1;
  rig.options.per_host = 1;
  rig.inner.hold("r.example");
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};
  std::vector<InspectionRequest> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(request_for(std::to_string(i)));
  }

  const std::vector<Inspection> results = inspector.inspect_all(many, deadline_in(milliseconds{0}));
  REQUIRE(results.size() == 100);
  CHECK(results.front()->failure->kind == LookupFailureKind::Timeout);
  CHECK(results.back()->failure->kind == LookupFailureKind::Overloaded);
  rig.inner.release();
}

TEST_CASE("beyond the cap on waiting calls the answer comes at once", "[inspection]") {
  Rig rig;
  rig.options.max_waiting = 1;
  rig.inner.hold("r.example");
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};
  std::thread waiting{[&] {
    static_cast<void>(inspector.inspect_all({request_for("slow")}, deadline_in(seconds{20})));
  }};
  while (rig.inner.started() == 0) {
    std::this_thread::yield();
  }

  const auto results = inspector.inspect_all({request_for("other")}, deadline_in(seconds{20}));
  REQUIRE(results.front()->failure);
  CHECK(results.front()->failure->kind == LookupFailureKind::Overloaded);

  rig.inner.release();
  waiting.join();
  // Nobody waits any more, and the lookup that was started has gone on.
  CHECK_FALSE(rig.ask(inspector, request_for("other"))->failure);
}

TEST_CASE("an inspector that throws leaves nobody waiting", "[inspection]") {
  class Throwing final : public ImageInspector {
   public:
    std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>&, Deadline) override {
      throw std::bad_alloc{};
    }
  };
  Rig rig;
  Throwing inner;
  CachingInspector inspector{inner, rig.options, rig.metrics, rig.clock};

  const auto results = inspector.inspect_all({request_for("1")}, deadline_in(seconds{20}));

  REQUIRE(results.front()->failure);
  CHECK(results.front()->failure->kind == LookupFailureKind::Unreadable);
}

TEST_CASE("the cache is bounded in bytes, the least recently used go", "[inspection]") {
  Rig rig;
  rig.options.max_bytes = 16u << 10;
  CachingInspector inspector{rig.inner, rig.options, rig.metrics, rig.clock};
  const auto by_digest = [](int number) {
    InspectionRequest request = request_for("");
    request.reference.tag.reset();
    std::string digits = std::to_string(number);
    request.reference.digest = "sha256:" + std::string(64 - digits.size(), '0') + digits;
    return request;
  };
  for (int i = 0; i < 100; ++i) {
    rig.ask(inspector, by_digest(i));
  }
  CHECK(rig.inner.started() == 100);

  rig.ask(inspector, by_digest(99));
  CHECK(rig.inner.started() == 100);
  rig.ask(inspector, by_digest(0));
  CHECK(rig.inner.started() == 101);
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
