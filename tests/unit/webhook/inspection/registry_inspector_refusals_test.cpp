#include <string>

#include "tests/support/catch.h"
#include "tests/unit/webhook/inspection/registry_rig.h"
#include "webhook/inspection/registry_inspector.h"

namespace leangate::inspection {
namespace {

using fakes::header_of;
using policy::LookupFailureKind;
using transport::HttpRequest;

}  // namespace

TEST_CASE("what isn't what was asked for is refused", "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  const BuiltImage other = image_for("arm64");
  const std::string digest = image.manifest.digest;
  struct Case {
    std::string name;
    FakeAnswer answer;
    LookupFailureKind kind;
  };
  const auto row = GENERATE_COPY(values<Case>({
      {"other bytes", serving(other.manifest), LookupFailureKind::Unreadable},
      {"a compressed body",
       {200, image.manifest.bytes, {{"content-encoding", "gzip"}}, {}},
       LookupFailureKind::Unreadable},
      {"too many bytes", {200, std::string(5u << 20, ' '), {}, {}}, LookupFailureKind::Unreadable},
      {"too many bytes announced",
       {200, "", {{"content-length", "99999999999"}}, {}},
       LookupFailureKind::Unreadable},
      {"not found", {404, "", {}, {}}, LookupFailureKind::NotFoundOrDenied},
      {"forbidden", {403, "", {}, {}}, LookupFailureKind::NotFoundOrDenied},
      {"unauthorized without a challenge", {401, "", {}, {}}, LookupFailureKind::NotFoundOrDenied},
      {"a challenge that nobody answers",
       unauthorized("Negotiate"),
       LookupFailureKind::NotFoundOrDenied},
      {"basic without credentials",
       unauthorized("Basic realm=x"),
       LookupFailureKind::NotFoundOrDenied},
      {"too many requests", {429, "", {}, {}}, LookupFailureKind::RateLimited},
      {"down", {503, std::string(1u << 20, 'x'), {}, {}}, LookupFailureKind::Unreachable},
      {"not acceptable", {406, "", {}, {}}, LookupFailureKind::Unsupported},
      {"bad request", {400, "", {}, {}}, LookupFailureKind::Unreadable},
      {"no connection",
       {0, "", {}, transport::TransportError{transport::TransportError::Kind::Connect, "refused"}},
       LookupFailureKind::Unreachable},
      {"no address allowed",
       {0, "", {}, transport::TransportError{transport::TransportError::Kind::Refused, "10.0.0.1"}},
       LookupFailureKind::Refused},
      {"too slow",
       {0, "", {}, transport::TransportError{transport::TransportError::Kind::Timeout, "slow"}},
       LookupFailureKind::Timeout},
      {"redirect to itself",
       {307, "", {{"location", Rig::manifest_url(digest)}}, {}},
       LookupFailureKind::Unreadable},
      {"redirect without a place", {307, "", {}, {}}, LookupFailureKind::Refused},
      {"redirect to plain http",
       {307, "", {{"location", "http://registry.example/x"}}, {}},
       LookupFailureKind::Refused},
      {"redirect with a password",
       {307, "", {{"location", "https://u:p@registry.example/x"}}, {}},
       LookupFailureKind::Refused},
      {"redirect to a file",
       {307, "", {{"location", "file:///etc/passwd"}}, {}},
       LookupFailureKind::Refused},
  }));
  CAPTURE(row.name);
  rig.transport.on(Rig::manifest_url(digest), row.answer);

  const Inspection result = rig.inspect(digest);
  REQUIRE(result->failure);
  CHECK(result->failure->kind == row.kind);
  CHECK(result->failure->detail.find("registry.example") != std::string::npos);
  CHECK(result->failure->public_detail == "could not be read");
  CHECK(result->platforms.empty());
}

TEST_CASE("a tag's Docker-Content-Digest must be true", "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  rig.add(image);
  FakeAnswer lying = serving(image.manifest);
  lying.headers.push_back({"docker-content-digest", image_for("arm64").manifest.digest});
  rig.transport.on(Rig::manifest_url("1"), lying);

  REQUIRE(rig.inspect("1")->failure);
}

TEST_CASE("configured hosts are told what went wrong", "[inspection]") {
  Rig rig;
  rig.options.hosts.push_back({"registry.example"});
  const Inspection result = rig.inspect("1");
  REQUIRE(result->failure);
  CHECK(result->failure->public_detail.find("404") != std::string::npos);
}

TEST_CASE("a blob's redirect is followed without the credentials", "[inspection]") {
  Rig rig;
  rig.options.credentials = registry::fixed_credentials({credential("user")});
  const BuiltImage image = image_for("amd64");
  rig.tag("1", image.manifest);
  rig.transport.on(Rig::manifest_url("1"), [&](const HttpRequest& request) {
    return header_of(request, "Authorization").empty() ? unauthorized("Basic realm=x")
                                                       : serving(image.manifest);
  });
  rig.transport.on(Rig::blob_url(image.config.digest),
                   {307, "", {{"location", "https://blobs.example/x?signature=s"}}, {}});

  SECTION("to another host") {
    rig.transport.on("https://blobs.example/x", serving(image.config));
    REQUIRE_FALSE(rig.inspect("1")->failure);
  }
  SECTION("and not even after it came back") {
    rig.transport.on("https://blobs.example/x",
                     {302, "", {{"location", std::string{kOrigin} + "/back"}}, {}});
    rig.transport.on(std::string{kOrigin} + "/back", serving(image.config));
    REQUIRE_FALSE(rig.inspect("1")->failure);
  }
  SECTION("whose refusal isn't answered") {
    rig.transport.on("https://blobs.example/x",
                     unauthorized("Bearer realm=\"https://evil.example/token\""));
    const Inspection result = rig.inspect("1");
    REQUIRE(result->failure);
    CHECK(result->failure->detail.find("signature") == std::string::npos);
  }
  bool left = false;
  for (const HttpRequest& request : rig.transport.requests()) {
    CHECK(request.url.host != "evil.example");
    left = left || request.url.host == "blobs.example";
    if (left) {
      CHECK(header_of(request, "Authorization").empty());
    }
  }
  CHECK(left);
}

}  // namespace leangate::inspection
