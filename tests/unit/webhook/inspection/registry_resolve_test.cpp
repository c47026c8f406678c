#include <chrono>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/webhook/inspection/registry_rig.h"
#include "webhook/registry/manifest.h"

namespace leangate::inspection {
namespace {

using fakes::header_of;
using policy::LookupFailureKind;
using transport::HttpRequest;

bool is_head(const HttpRequest& request) {
  return request.method == HttpRequest::Method::Head;
}

FakeAnswer head_of(const std::string& digest, const std::string& length = "527") {
  return {200, "", {{"docker-content-digest", digest}, {"content-length", length}}, {}};
}

// A registry that answers HEAD for the tag "1" like that, and GET with the manifest.
void serve_tag(Rig& rig, const FakeAnswer& head, const FakeAnswer& get) {
  rig.transport.on(Rig::manifest_url("1"), [head, get](const HttpRequest& request) {
    return is_head(request) ? head : get;
  });
}

std::vector<std::string> methods(const Rig& rig) {
  std::vector<std::string> result;
  for (const std::string& line : rig.transport.asked()) {
    result.push_back(line.substr(0, line.find(' ')));
  }
  return result;
}

using Methods = std::vector<std::string>;

}  // namespace

TEST_CASE("what a tag names is asked for without reading it", "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  serve_tag(rig, head_of(image.manifest.digest), {500, "", {}, {}});

  const auto digest = rig.resolve("1");
  REQUIRE(digest);
  CHECK(*digest == image.manifest.digest);
  CHECK(rig.transport.asked() == std::vector<std::string>{"HEAD " + Rig::manifest_url("1")});
  CHECK(header_of(rig.transport.requests().front(), "Accept") == registry::kAcceptedManifests);
}

TEST_CASE("a digest names itself when it is there", "[inspection]") {
  Rig rig;
  const std::string digest = image_for("amd64").manifest.digest;
  rig.transport.on(Rig::manifest_url(digest), head_of(digest));
  CHECK(*rig.resolve(digest) == digest);

  const auto missing = rig.resolve(image_for("arm64").manifest.digest);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == LookupFailureKind::NotFoundOrDenied);
  CHECK(missing.error().public_detail == "could not be read");
}

TEST_CASE("a HEAD that doesn't tell is followed by one GET, and not asked again", "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  const std::string digest = image.manifest.digest;
  struct Case {
    std::string name;
    FakeAnswer head;
  };
  const auto row = GENERATE_COPY(values<Case>({
      {"404 as Nexus", {404, "", {}, {}}},
      {"403", {403, "", {}, {}}},
      {"405", {405, "", {}, {}}},
      {"501", {501, "", {}, {}}},
      {"500", {500, "", {}, {}}},
      {"no digest as ECR", {200, "", {{"content-length", "527"}}, {}}},
      {"no length", {200, "", {{"docker-content-digest", digest}}, {}}},
      {"length 0", head_of(digest, "0")},
      {"length 000", head_of(digest, "000")},
      {"length that is no number", head_of(digest, "many")},
      {"digest that is none", head_of("sha256:abc")},
      {"digest in upper case", head_of("sha256:" + std::string(64, 'A'))},
      {"a sha512, which no tag is known by here", head_of("sha512:" + std::string(128, 'a'))},
  }));
  CAPTURE(row.name);
  serve_tag(rig, row.head, serving(image.manifest));

  auto resolved = rig.resolve("1");
  REQUIRE(resolved);
  CHECK(*resolved == digest);
  CHECK(methods(rig) == Methods{"HEAD", "GET"});

  REQUIRE(rig.resolve("1"));
  CHECK(methods(rig) == Methods{"HEAD", "GET", "GET"});

  rig.clock.advance(std::chrono::hours{1});  // by now it may have been upgraded
  REQUIRE(rig.resolve("1"));
  CHECK(methods(rig) == Methods{"HEAD", "GET", "GET", "HEAD", "GET"});
}

TEST_CASE("a tag that isn't there doesn't tell anything about HEAD", "[inspection]") {
  Rig rig;
  for (int i = 0; i < 2; ++i) {
    const auto missing = rig.resolve("1");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == LookupFailureKind::NotFoundOrDenied);
  }
  CHECK(methods(rig) == Methods{"HEAD", "GET", "HEAD", "GET"});
}

TEST_CASE("a registry whose HEAD works stays trusted when a tag appears meanwhile",
          "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  rig.transport.on(Rig::manifest_url(image.manifest.digest), head_of(image.manifest.digest));
  REQUIRE(rig.resolve(image.manifest.digest));
  serve_tag(rig, {404, "", {}, {}}, serving(image.manifest));
  REQUIRE(rig.resolve("1"));
  REQUIRE(rig.resolve("1"));
  CHECK(methods(rig) == Methods{"HEAD", "HEAD", "GET", "HEAD", "GET"});
}

TEST_CASE("no GET follows what it couldn't mend", "[inspection]") {
  Rig rig;
  struct Case {
    std::string name;
    FakeAnswer head;
    LookupFailureKind kind;
  };
  using transport::TransportError;
  const auto row = GENERATE(values<Case>({
      {"too many requests", {429, "", {}, {}}, LookupFailureKind::RateLimited},
      {"unauthorized", unauthorized("Basic realm=x"), LookupFailureKind::NotFoundOrDenied},
      {"not acceptable", {406, "", {}, {}}, LookupFailureKind::Unsupported},
      {"no connection",
       {0, "", {}, TransportError{TransportError::Kind::Connect, "refused"}},
       LookupFailureKind::Unreachable},
      {"too slow",
       {0, "", {}, TransportError{TransportError::Kind::Timeout, "slow"}},
       LookupFailureKind::Timeout},
  }));
  CAPTURE(row.name);
  serve_tag(rig, row.head, serving(image_for("amd64").manifest));

  const auto failed = rig.resolve("1");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == row.kind);
  for (const HttpRequest& request : rig.transport.requests()) {
    const bool of_the_manifest = request.url.str() == Rig::manifest_url("1");
    CHECK((is_head(request) || !of_the_manifest));
  }
}

TEST_CASE("HEAD is authorised and redirected like GET", "[inspection]") {
  Rig rig;
  rig.options.credentials = registry::fixed_credentials({credential("bad"), credential("good")});
  const std::string digest = image_for("amd64").manifest.digest;
  rig.transport.on("https://registry.example/token", [](const HttpRequest& request) {
    // base64 of good:password
    return header_of(request, "Authorization") == "Basic Z29vZDpwYXNzd29yZA=="
               ? FakeAnswer{200, R"({"token":"t"})", {}, {}}
               : FakeAnswer{401, "", {}, {}};
  });
  rig.transport.on(Rig::manifest_url("1"), [](const HttpRequest& request) {
    return header_of(request, "Authorization") == "Bearer t"
               ? FakeAnswer{307, "", {{"location", "https://blobs.example/m?signature=s"}}, {}}
               : unauthorized("Bearer realm=\"https://registry.example/token\"");
  });
  rig.transport.on("https://blobs.example/m", [&](const HttpRequest& request) {
    return is_head(request) && header_of(request, "Authorization").empty()
               ? head_of(digest)
               : FakeAnswer{400, "", {}, {}};
  });

  const auto resolved = rig.resolve("1");
  REQUIRE(resolved);
  CHECK(*resolved == digest);
}

}  // namespace leangate::inspection
