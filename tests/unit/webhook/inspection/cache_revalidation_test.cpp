#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/webhook/inspection/cache_rig.h"

namespace leangate::inspection {
namespace {

using policy::LookupFailureKind;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string kFirst = fakes::fake_digest("first");
const std::string kSecond = fakes::fake_digest("second");

}  // namespace

TEST_CASE("a tag is believed for its time, then confirmed by one short request", "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  CHECK(ask(inspector, request_for("1"))->digest == kFirst);
  CHECK(rig.registry.gets() == 1);
  CHECK(rig.registry.heads() == 0);  // one request by tag told name and content

  rig.clock.advance(rig.options.tag_ttl - milliseconds{1});
  CHECK(ask(inspector, request_for("1"))->digest == kFirst);
  CHECK(rig.registry.heads() == 0);
  CHECK(rig.counted("miss", 1));
  CHECK(rig.counted("hit", 1));

  rig.clock.advance(milliseconds{1});
  CHECK(ask(inspector, request_for("1"))->digest == kFirst);
  CHECK(rig.registry.heads() == 1);
  rig.clock.advance(rig.options.tag_ttl - milliseconds{1});
  CHECK_FALSE(ask(inspector, request_for("1"))->stale_since);
  CHECK(rig.registry.heads() == 1);
  CHECK(rig.registry.gets() == 1);
}

TEST_CASE("a tag that moved is read by its new digest, and once", "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, request_for("1"));
  ask(inspector, request_for("2"));
  rig.registry.set_digest(kSecond);
  rig.clock.advance(rig.options.tag_ttl);

  CHECK(ask(inspector, request_for("1"))->digest == kSecond);
  CHECK(rig.registry.heads() == 1);
  CHECK(rig.registry.gets() == 3);
  // The other tag moved to the same image, which is known by now.
  CHECK(ask(inspector, request_for("2"))->digest == kSecond);
  CHECK(rig.registry.heads() == 2);
  CHECK(rig.registry.gets() == 3);
}

TEST_CASE("what a registry warned of is told to who asked it, as long as the name stands",
          "[inspection]") {
  const auto texts = [](const Inspection& inspection) {
    std::vector<std::string> result;
    for (const policy::RegistryNotice& notice : inspection->notices) {
      result.push_back(notice.text);
    }
    return result;
  };
  const std::vector<std::string> warned{"soon gone"};
  CacheRig rig;
  rig.registry.warn("soon gone");
  CachingInspector inspector{rig.parts(), rig.options};
  CHECK(texts(ask(inspector, request_for("1"))) == warned);
  CHECK(texts(ask(inspector, request_for("1"))) == warned);
  rig.clock.advance(rig.options.tag_ttl);
  CHECK(texts(ask(inspector, request_for("1"))) == warned);
  CHECK(texts(ask(inspector, request_for("1"))) == warned);
  CHECK(rig.registry.heads() == 1);

  // The same content, granted to somebody else by one short request.
  const InspectionRequest stranger = asked_with(request_by_digest(kFirst), "stranger");
  CHECK(texts(ask(inspector, stranger)).empty());
  CHECK(rig.registry.gets() == 1);

  rig.clock.advance(rig.options.tag_ttl);
  rig.registry.fail(LookupFailureKind::Unreachable);
  const Inspection stale = ask(inspector, request_for("1"));
  CHECK(stale->stale_since);
  CHECK(texts(stale) == warned);
}

TEST_CASE("facts are shared within a repository, permission is not", "[inspection]") {
  struct Case {
    std::string name;
    std::function<void(InspectionRequest&)> change;
    int heads;
    int gets;
  };
  const auto row = GENERATE(values<Case>({
      {"the same", [](auto&) {}, 0, 1},
      {"by another tag's digest", [](auto& r) { r.reference.tag = "2"; }, 0, 1},
      {"other credentials", [](auto& r) { r.credentials.fingerprint = "f"; }, 1, 1},
      // Whose word on a digest proves nothing about another repository's content.
      {"other repository", [](auto& r) { r.reference.path = "app2"; }, 0, 2},
      {"other host", [](auto& r) { r.reference.domain = "s.example"; }, 0, 2},
      {"a user's word", [](auto& r) { r.host_is_users_word = true; }, 1, 1},
      {"other platforms", [](auto& r) { r.platforms.platforms[0].os = "windows"; }, 0, 2},
      {"all platforms", [](auto& r) { r.platforms.all = true; }, 0, 2},
      {"other digest", [](auto& r) { r.reference.digest = kSecond; }, 0, 2},
  }));
  CAPTURE(row.name);
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, request_for("1"));

  InspectionRequest other = request_by_digest(kFirst);
  row.change(other);
  CHECK_FALSE(ask(inspector, other)->failure);
  CHECK(rig.registry.heads() == row.heads);
  CHECK(rig.registry.gets() == row.gets);
}

TEST_CASE("who may not see an image isn't told that it is known", "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, asked_with(request_by_digest(kFirst), "of the owner"));
  rig.registry.fail(LookupFailureKind::NotFoundOrDenied);

  const Inspection refused = ask(inspector, asked_with(request_by_digest(kFirst), "of another"));
  REQUIRE(refused->failure);
  CHECK(refused->failure->kind == LookupFailureKind::NotFoundOrDenied);
  // The owner's own permission still holds, then ends with the registry's word.
  CHECK_FALSE(ask(inspector, asked_with(request_by_digest(kFirst), "of the owner"))->failure);
  rig.clock.advance(minutes{10});
  CHECK(ask(inspector, asked_with(request_by_digest(kFirst), "of the owner"))->failure);
}

TEST_CASE("no credentials are served what a dead registry showed to others", "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, asked_with(request_for("1"), "of the owner"));
  rig.registry.fail(LookupFailureKind::Unreachable);
  rig.clock.advance(rig.options.tag_ttl);

  CHECK_FALSE(ask(inspector, asked_with(request_for("1"), "of the owner"))->failure);
  CHECK(ask(inspector, asked_with(request_for("1"), "of another"))->failure);
  CHECK(ask(inspector, asked_with(request_by_digest(kFirst), "of another"))->failure);
}

TEST_CASE("what a name last stood for is told, marked stale, while nobody answers",
          "[inspection]") {
  struct Case {
    LookupFailureKind kind;
    bool is_stale;
  };
  const auto row = GENERATE(values<Case>({
      {LookupFailureKind::Unreachable, true},
      {LookupFailureKind::Timeout, true},
      {LookupFailureKind::RateLimited, true},
      {LookupFailureKind::Overloaded, true},
      {LookupFailureKind::NotFoundOrDenied, false},
      {LookupFailureKind::Refused, false},
      {LookupFailureKind::Unreadable, false},
      {LookupFailureKind::Unsupported, false},
  }));
  const bool by_digest = GENERATE(false, true);
  CAPTURE(static_cast<int>(row.kind), by_digest);
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  const InspectionRequest request = by_digest ? request_by_digest(kFirst) : request_for("1");
  const auto confirmed = rig.clock.utc_now();
  ask(inspector, request);
  rig.registry.fail(row.kind);
  rig.clock.advance(rig.options.stale_if_error);

  const Inspection answer = ask(inspector, request);
  CHECK(answer->failure.has_value() != row.is_stale);
  if (row.is_stale) {
    CHECK(answer->digest == kFirst);
    CHECK(answer->stale_since == confirmed);
    CHECK(rig.counted("stale", 1));
    rig.clock.advance(seconds{1});
    CHECK(ask(inspector, request)->failure->kind == row.kind);
  }
  rig.registry.recover();
  CHECK_FALSE(ask(inspector, request)->stale_since);
}

TEST_CASE("a tag that is gone is not brought back by a registry that fails later", "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, request_for("1"));
  rig.clock.advance(rig.options.tag_ttl);
  rig.registry.fail(LookupFailureKind::NotFoundOrDenied);
  CHECK(ask(inspector, request_for("1"))->failure);
  rig.registry.fail(LookupFailureKind::Unreachable);
  CHECK(ask(inspector, request_for("1"))->failure);
}

TEST_CASE("staleIfError of nothing tells nothing old", "[inspection]") {
  CacheRig rig;
  rig.options.stale_if_error = milliseconds{0};
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, request_for("1"));
  rig.clock.advance(rig.options.tag_ttl);
  rig.registry.fail(LookupFailureKind::Unreachable);
  CHECK(ask(inspector, request_for("1"))->failure);
}

TEST_CASE("a registry that keeps silent beyond the deadline costs the deadline, not the answer",
          "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, request_for("1"));
  rig.clock.advance(rig.options.tag_ttl);
  rig.registry.hold("r.example");

  const Inspection late =
      inspector.inspect_all({request_for("1")}, deadline_in(milliseconds{20})).front();
  CHECK_FALSE(late->failure);
  CHECK(late->stale_since);
  rig.registry.release();
}

TEST_CASE("a host that is known to fail isn't asked, old facts come at once", "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, request_for("1"));
  ask(inspector, request_for("2"));
  rig.clock.advance(rig.options.tag_ttl);
  rig.registry.fail(LookupFailureKind::RateLimited, seconds{30});
  CHECK(ask(inspector, request_for("1"))->stale_since);
  CHECK(rig.registry.heads() == 1);

  CHECK(ask(inspector, request_for("1"))->stale_since);
  CHECK(ask(inspector, request_for("2"))->stale_since);  // another image of the same host
  CHECK(rig.registry.heads() == 1);
  CHECK(rig.counted("stale", 3));

  rig.registry.recover();
  rig.clock.advance(seconds{30});
  CHECK_FALSE(ask(inspector, request_for("2"))->stale_since);
}

TEST_CASE("a failure is kept as long as it says, and not at all when it doesn't", "[inspection]") {
  const auto kept = GENERATE(seconds{0}, seconds{10}, seconds{30}, seconds{24 * 3600});
  const auto kind = GENERATE(LookupFailureKind::NotFoundOrDenied, LookupFailureKind::Unreachable);
  CAPTURE(kept.count(), static_cast<int>(kind));
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  rig.registry.fail(kind, kept);
  REQUIRE(ask(inspector, request_for("1"))->failure);
  rig.registry.recover();

  if (kept.count() == 0) {
    CHECK_FALSE(ask(inspector, request_for("1"))->failure);
    return;
  }
  const seconds longest = std::min(kept, seconds{hours{1}});
  rig.clock.advance(longest - milliseconds{1});
  CHECK(ask(inspector, request_for("1"))->failure->kind == kind);
  CHECK(rig.counted("negative", 1));
  CHECK(rig.registry.gets() == 1);
  CHECK_FALSE(ask(inspector, asked_with(request_for("1"), "of another"))->failure);
  CHECK_FALSE(ask(inspector, request_for("2"))->failure);
  rig.clock.advance(milliseconds{1});
  CHECK_FALSE(ask(inspector, request_for("1"))->failure);
}

TEST_CASE("a moved tag whose new image can't be read isn't answered with the old one",
          "[inspection]") {
  CacheRig rig;
  CachingInspector inspector{rig.parts(), rig.options};
  ask(inspector, request_for("1"));
  rig.clock.advance(rig.options.tag_ttl);
  rig.registry.set_digest(kSecond);
  rig.registry.fail_gets();
  CHECK(ask(inspector, request_for("1"))->failure);
}

}  // namespace leangate::inspection
