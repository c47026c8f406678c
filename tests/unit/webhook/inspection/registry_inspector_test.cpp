#include "webhook/inspection/registry_inspector.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/unit/webhook/inspection/registry_rig.h"

namespace leangate::inspection {
namespace {

using fakes::header_of;
using policy::LookupFailureKind;

PlatformChoice only(const std::string& os, const std::string& architecture) {
  return {false, {{os, architecture, ""}}};
}

fakes::IndexMember member(const BuiltImage& image, const std::string& architecture) {
  return {image.manifest, policy::Platform{"linux", architecture, ""}, false};
}

}  // namespace

TEST_CASE("an image is read by its tag once, then by digest", "[inspection]") {
  Rig rig;
  fakes::ImageSpec spec;
  spec.docker = GENERATE(true, false);
  spec.user = "app";
  const BuiltImage image = build_image(spec);
  rig.add(image);
  rig.tag("1.0", image.manifest);

  const Inspection result = rig.inspect("1.0");

  REQUIRE_FALSE(result->failure);
  CHECK(result->digest == image.manifest.digest);
  REQUIRE(result->platforms.size() == 1);
  const policy::ImageFacts& facts = result->platforms.front();
  CHECK(facts.platform.str() == "linux/amd64");
  CHECK(facts.layers.size() == 2);
  CHECK(facts.layers[0].compressed_bytes == image.layers[0].bytes.size());
  REQUIRE(facts.config);
  CHECK(facts.config->user == "app");
  CHECK(result->offered.size() == 1);
  CHECK(rig.transport.asked() ==
        std::vector<std::string>{"GET " + Rig::manifest_url("1.0"),
                                 "GET " + Rig::blob_url(image.config.digest)});
  CHECK(header_of(rig.transport.requests()[0], "Accept").find("oci.image.index") !=
        std::string::npos);
}

TEST_CASE("an index gives the platforms that are wanted, fetched together", "[inspection]") {
  Rig rig;
  const BuiltImage amd64 = image_for("amd64");
  const BuiltImage arm64 = image_for("arm64");
  const BuiltImage s390x = image_for("s390x");
  const Blob index = fakes::build_index({member(amd64, "amd64"),
                                         fakes::attestation_for(amd64),
                                         member(arm64, "arm64"),
                                         member(s390x, "s390x")});
  for (const BuiltImage& image : {amd64, arm64, s390x}) {
    rig.add(image);
  }
  rig.tag("1", index);

  SECTION("two of three") {
    PlatformChoice choice = only("linux", "amd64");
    choice.platforms.push_back({"linux", "arm64", "v8"});
    const Inspection result = rig.inspect("1", choice);
    REQUIRE_FALSE(result->failure);
    REQUIRE(result->platforms.size() == 2);
    CHECK(result->platforms[0].manifest_digest == amd64.manifest.digest);
    CHECK(result->platforms[1].platform.str() == "linux/arm64");
    CHECK(result->offered.size() == 3);
    CHECK(result->digest == index.digest);
    CHECK(rig.transport.batches() == std::vector<std::size_t>{1, 2, 2});
  }
  SECTION("all, without the attestation") {
    CHECK(rig.inspect("1")->platforms.size() == 3);
  }
  SECTION("manifests only") {
    InspectionRequest request;
    request.reference = reference_to("1");
    request.platforms = only("linux", "amd64");
    request.level = EvidenceLevel::Manifest;
    const Inspection result = rig.inspect(request);
    REQUIRE_FALSE(result->failure);
    CHECK_FALSE(result->platforms.front().config);
    CHECK(rig.transport.batches() == std::vector<std::size_t>{1, 1});
  }
  SECTION("none of them") {
    const Inspection result = rig.inspect("1", only("windows", "amd64"));
    REQUIRE(result->failure);
    CHECK(result->failure->kind == LookupFailureKind::NoSuchPlatform);
    CHECK(result->failure->detail.find("linux/amd64, linux/arm64, linux/s390x") !=
          std::string::npos);
  }
}

TEST_CASE("nested indexes, embedded manifests and entries without a platform are read",
          "[inspection]") {
  Rig rig;
  const BuiltImage amd64 = image_for("amd64");
  const BuiltImage arm = image_for("arm", "v7");
  const BuiltImage silent = image_for("arm64");
  fakes::ImageSpec artifact_spec;
  artifact_spec.artifact_config_type = "application/x-signature";
  const BuiltImage artifact = build_image(artifact_spec);
  for (const BuiltImage& image : {amd64, arm, silent, artifact}) {
    rig.add(image);
  }
  const Blob inner =
      fakes::build_index({{arm.manifest, policy::Platform{"linux", "arm", "v7"}, false}});
  rig.add_document(inner);
  rig.tag("1",
          fakes::build_index({{inner, {}, false},
                              {amd64.manifest, policy::Platform{"linux", "amd64", ""}, true},
                              {silent.manifest, {}, false},
                              {artifact.manifest, {}, false}}));

  const Inspection result = rig.inspect("1");

  REQUIRE_FALSE(result->failure);
  std::string platforms;
  for (const policy::ImageFacts& facts : result->platforms) {
    platforms += facts.platform.str() + " ";
  }
  CHECK(platforms == "linux/amd64 linux/arm64 linux/arm/v7 ");
  for (const std::string& line : rig.transport.asked()) {
    CHECK(line.find(amd64.manifest.digest) == std::string::npos);  // it was embedded
  }
}

TEST_CASE("indexes nested too deep are refused", "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  rig.add(image);
  Blob index = fakes::build_index({member(image, "amd64")});
  for (int depth = 0; depth < 5; ++depth) {
    rig.add_document(index);
    index = fakes::build_index({{index, {}, false}});
  }
  rig.tag("1", index);

  const Inspection result = rig.inspect("1");
  REQUIRE(result->failure);
  CHECK(result->failure->kind == LookupFailureKind::Unreadable);
}

TEST_CASE("an artifact has layers and no config", "[inspection]") {
  Rig rig;
  fakes::ImageSpec spec;
  spec.artifact_config_type = "application/vnd.cncf.helm.config.v1+json";
  const BuiltImage artifact = build_image(spec);
  rig.tag("1", artifact.manifest);

  const Inspection result = rig.inspect("1", only("linux", "amd64"));
  REQUIRE_FALSE(result->failure);
  REQUIRE(result->platforms.size() == 1);
  CHECK_FALSE(result->platforms[0].config);
  CHECK(result->platforms[0].layers.size() == 2);
}

TEST_CASE("what a registry warns of comes with the facts", "[inspection]") {
  Rig rig;
  const bool is_configured = GENERATE(true, false);
  if (is_configured) {
    rig.options.hosts.push_back({"registry.example"});
  }
  const BuiltImage image = image_for("amd64");
  rig.add(image);
  FakeAnswer warning = serving(image.manifest);
  warning.headers.push_back({"warning", "299 - \"deprecated\x1b[31m\""});
  warning.headers.push_back({"warning", "199 - \"of no interest\""});
  rig.transport.on(Rig::manifest_url("1"), warning);

  const Inspection result = rig.inspect("1");
  REQUIRE_FALSE(result->failure);
  REQUIRE(result->notices.size() == 1);
  CHECK(result->notices.front().str() == "[registry registry.example] deprecated [31m");
  CHECK(result->notices.front().may_be_shown == is_configured);
  CHECK(result->served_by.empty());
}

TEST_CASE("a login page says what it is", "[inspection]") {
  Rig rig;
  const FakeAnswer page{200, "<html>", {{"content-type", "text/html; charset=utf-8"}}, {}};
  const std::string reference =
      GENERATE(as<std::string>{}, "1", image_for("amd64").manifest.digest);
  rig.transport.on(Rig::manifest_url(reference), page);

  const Inspection result = rig.inspect(reference);
  REQUIRE(result->failure);
  CHECK(result->failure->kind == LookupFailureKind::Unreadable);
  CHECK(result->failure->detail.find("Content-Type text/html") != std::string::npos);
}

TEST_CASE("one platform of a large index costs index, manifest and config", "[inspection]") {
  Rig rig;
  const BuiltImage amd64 = image_for("amd64");
  const BuiltImage arm64 = image_for("arm64");
  rig.add(amd64);
  rig.add(arm64);
  rig.tag("1", fakes::build_index({member(amd64, "amd64"), member(arm64, "arm64")}));

  REQUIRE_FALSE(rig.inspect("1", only("linux", "arm64"))->failure);
  CHECK(rig.transport.asked() ==
        std::vector<std::string>{"GET " + Rig::manifest_url("1"),
                                 "GET " + Rig::manifest_url(arm64.manifest.digest),
                                 "GET " + Rig::blob_url(arm64.config.digest)});
}

}  // namespace leangate::inspection
