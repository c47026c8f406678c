// Images are read from Debian's docker-registry as from anybody's: with and without credentials,
// over TLS, in every form that a registry holds.
#include "tests/fakes/real_registry.h"

#include <string>
#include <vector>

#include "tests/fakes/image_builder.h"
#include "tests/integration/inspection_fixture.h"
#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

using fakes::Blob;
using fakes::BuiltImage;
using fakes::RealRegistry;
using fakes::TemporaryFolder;
using policy::LookupFailureKind;
using policy::Platform;

constexpr const char* kRepository = "team/app";

bool can_run() {
  const std::string missing = RealRegistry::missing();
  if (!missing.empty()) {
    WARN("skipped: " << missing);
  }
  return missing.empty();
}

registry::RegistryOptions options_for(const std::string& host, bool plain_http) {
  registry::HostRule rule;
  rule.host = host;
  rule.plain_http = plain_http;
  registry::RegistryOptions options;
  options.hosts.push_back(rule);
  return options;
}

BuiltImage image_for(const std::string& architecture) {
  fakes::ImageSpec spec;
  spec.platform = {"linux", architecture, ""};
  spec.layers = {"layer of " + architecture};
  return build_image(spec);
}

// A registry's storage with one image in it, for a registry that wouldn't let it be pushed.
BuiltImage store_image(const TemporaryFolder& storage) {
  const RealRegistry open{storage, {}};
  BuiltImage image = image_for("amd64");
  push_image(open.port(), kRepository, "1", image);
  return image;
}

}  // namespace

TEST_CASE("a real registry's images are read, by tag and by digest", "[inspection][registry]") {
  if (!can_run()) {
    return;
  }
  fakes::ImageSpec spec;
  spec.docker = GENERATE(false, true);
  spec.user = "app";
  const BuiltImage image = build_image(spec);
  const TemporaryFolder storage;
  const RealRegistry server{storage, {}};
  push_image(server.port(), kRepository, "1", image);
  InspectionStack stack{options_for(server.host(), true)};

  for (const std::string& name : {std::string{"1"}, image.manifest.digest}) {
    CAPTURE(name, spec.docker);
    for (ImageInspector* inspector : std::vector<ImageInspector*>{
             &stack.registry, &stack.caching, &stack.caching /* now from memory */}) {
      const Inspection result = ask(*inspector, request_for(server.host(), name));
      REQUIRE_FALSE(result->failure);
      CHECK(result->digest == image.manifest.digest);
      REQUIRE(result->platforms.size() == 1);
      const policy::ImageFacts& facts = result->platforms.front();
      CHECK(facts.platform.str() == "linux/amd64");
      REQUIRE(facts.layers.size() == 2);
      CHECK(facts.layers[1].digest == image.layers[1].digest);
      CHECK(facts.layers[1].compressed_bytes == image.layers[1].bytes.size());
      REQUIRE(facts.config);
      CHECK(facts.config->user == "app");
    }
  }
  // The digest was known from the tag.
  CHECK(contains(stack.metrics.render(), "leangate_lookups_total{result=\"miss\"} 1\n"));
  CHECK(contains(stack.metrics.render(), "leangate_lookups_total{result=\"hit\"} 3\n"));
}

TEST_CASE("a real registry's index is read, with attestations and an index in it",
          "[inspection][registry]") {
  if (!can_run()) {
    return;
  }
  const TemporaryFolder storage;
  const RealRegistry server{storage, {}};
  const BuiltImage amd64 = image_for("amd64");
  const BuiltImage arm64 = image_for("arm64");
  const BuiltImage s390x = image_for("s390x");
  const BuiltImage provenance = image_for("any, as BuildKit says it was built");
  for (const BuiltImage& image : {amd64, arm64, s390x, provenance}) {
    push_image(server.port(), kRepository, "part", image);
  }
  const Blob inner = fakes::build_index({{s390x.manifest, Platform{"linux", "s390x", ""}, false}});
  push_document(server.port(), kRepository, "inner", inner);
  const Blob index =
      fakes::build_index({{amd64.manifest, Platform{"linux", "amd64", ""}, false},
                          {provenance.manifest, Platform{"unknown", "unknown", ""}, false},
                          {arm64.manifest, Platform{"linux", "arm64", ""}, false},
                          {inner, {}, false}});
  push_document(server.port(), kRepository, "1", index);
  InspectionStack stack{options_for(server.host(), true)};
  const InspectionRequest request = request_for(server.host(), "1");

  SECTION("all its images, not the attestation") {
    const Inspection result = ask(stack.caching, request);
    REQUIRE_FALSE(result->failure);
    CHECK(result->digest == index.digest);
    REQUIRE(result->platforms.size() == 3);
    CHECK(result->platforms[0].manifest_digest == amd64.manifest.digest);
    CHECK(result->platforms[1].manifest_digest == arm64.manifest.digest);
    CHECK(result->platforms[2].manifest_digest == s390x.manifest.digest);
  }
  SECTION("one of them") {
    const Inspection result = ask(stack.caching, only_for(request, Platform{"linux", "s390x", ""}));
    REQUIRE_FALSE(result->failure);
    REQUIRE(result->platforms.size() == 1);
    CHECK(result->platforms[0].layers[0].digest == s390x.layers[0].digest);
    CHECK(result->offered.size() == 3);
  }
  SECTION("one that it doesn't have") {
    const Inspection result =
        ask(stack.caching, only_for(request, Platform{"windows", "amd64", ""}));
    REQUIRE(result->failure);
    CHECK(result->failure->kind == LookupFailureKind::NoSuchPlatform);
    CHECK(contains(result->failure->detail, server.host() + "/team/app"));
    CHECK(contains(result->failure->public_detail, "linux/amd64, linux/arm64, linux/s390x"));
  }
}

TEST_CASE("a real registry's password is asked for and used", "[inspection][registry]") {
  if (!can_run()) {
    return;
  }
  const TemporaryFolder storage;
  const BuiltImage image = store_image(storage);
  const RealRegistry server{storage, {kUser, kPassword, nullptr}};
  InspectionStack stack{options_for(server.host(), true)};
  const InspectionRequest anonymous = request_for(server.host(), "1");

  SECTION("the right one") {
    const Inspection result = ask(stack.caching, with_password(anonymous, kPassword));
    REQUIRE_FALSE(result->failure);
    CHECK(result->digest == image.manifest.digest);
    // What it showed isn't shown to anybody else.
    CHECK(ask(stack.caching, anonymous)->failure);
  }
  SECTION("a wrong one, or none") {
    const bool none = GENERATE(true, false);
    const Inspection result =
        ask(stack.caching, none ? anonymous : with_password(anonymous, "wrong-password"));
    REQUIRE(result->failure);
    CHECK(result->failure->kind == LookupFailureKind::NotFoundOrDenied);
    CHECK(contains(result->failure->detail, server.host() + "/team/app"));
    CHECK(contains(result->failure->detail, "401"));
    CHECK_FALSE(contains(result->failure->detail, "wrong-password"));
  }
  SECTION("the operator's") {
    registry::RegistryOptions options = options_for(server.host(), true);
    options.credentials = registry::fixed_credentials({{server.host(), kUser, kPassword, ""}});
    InspectionStack with_own{options};
    CHECK_FALSE(ask(with_own.caching, anonymous)->failure);
  }
}

TEST_CASE("a real registry with a private authority is read when that is trusted",
          "[inspection][registry][tls]") {
  if (!can_run()) {
    return;
  }
  const TemporaryFolder storage;
  const BuiltImage image = store_image(storage);
  const TemporaryFolder certificates;
  const fakes::TestAuthority authority{certificates};
  const fakes::TestAuthority stranger{certificates, "stranger"};
  const fakes::CertificateFiles files = authority.issue("server");
  const RealRegistry server{storage, {kUser, kPassword, &files}};
  struct Case {
    const char* name;
    const fakes::TestAuthority* roots;
    bool trusted;
  };
  const fakes::TestAuthority* const own = &authority;
  const fakes::TestAuthority* const other = &stranger;
  const auto row = GENERATE_COPY(values<Case>({
      {"trusted", own, true},
      {"not known", nullptr, false},
      {"another authority trusted", other, false},
  }));
  CAPTURE(row.name);
  registry::RegistryOptions options = options_for(server.host(), false);
  options.hosts.front().ca_file = row.roots != nullptr ? row.roots->ca_file() : "";
  InspectionStack stack{options};

  const Inspection result =
      ask(stack.caching, with_password(request_for(server.host(), "1"), kPassword));
  if (row.trusted) {
    REQUIRE_FALSE(result->failure);
    CHECK(result->digest == image.manifest.digest);
    return;
  }
  REQUIRE(result->failure);
  CAPTURE(result->failure->detail);
  CHECK(result->failure->kind == LookupFailureKind::Unreachable);
  CHECK(contains(result->failure->detail, "certificate"));
  CHECK(contains(result->failure->public_detail, "certificate"));
}

TEST_CASE("a tag that moved in a real registry is followed when its time is over",
          "[inspection][registry]") {
  if (!can_run()) {
    return;
  }
  const TemporaryFolder storage;
  const RealRegistry server{storage, {}};
  const BuiltImage before = image_for("amd64");
  const BuiltImage after = image_for("arm64");
  push_image(server.port(), kRepository, "1", before);
  InspectionStack stack{options_for(server.host(), true)};
  const InspectionRequest request = request_for(server.host(), "1");
  REQUIRE(ask(stack.caching, request)->digest == before.manifest.digest);

  push_image(server.port(), kRepository, "1", after);
  stack.clock.advance(CachingOptions{}.tag_ttl - std::chrono::milliseconds{1});
  CHECK(ask(stack.caching, request)->digest == before.manifest.digest);
  stack.clock.advance(std::chrono::milliseconds{1});
  CHECK(ask(stack.caching, request)->digest == after.manifest.digest);
}

}  // namespace leangate::inspection
