#include "webhook/inspection/registry_inspector.h"

#include <string>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"
#include "tests/fakes/image_builder.h"
#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

using fakes::Blob;
using fakes::BuiltImage;
using fakes::FakeAnswer;
using fakes::header_of;
using policy::LookupFailureKind;
using transport::HttpRequest;

constexpr const char* kOrigin = "https://registry.example";

FakeAnswer serving(const Blob& blob) {
  return {200, blob.bytes, {{"content-type", blob.media_type}}, {}};
}

policy::ImageReference reference_to(const std::string& tag_or_digest) {
  policy::ImageReference reference;
  reference.domain = "registry.example";
  reference.path = "team/app";
  if (tag_or_digest.find(':') == std::string::npos) {
    reference.tag = tag_or_digest;
  } else {
    reference.digest = tag_or_digest;
  }
  return reference;
}

// A registry of one repository, in memory, and the inspector that reads it.
class Rig {
 public:
  registry::RegistryOptions options;
  fakes::FakeTransport transport;
  fakes::FakeClock clock;
  observability::Metrics metrics;

  void add(const BuiltImage& image) {
    add_document(image.manifest);
    transport.on(blob_url(image.config.digest), serving(image.config));
  }
  void add_document(const Blob& blob) { transport.on(manifest_url(blob.digest), serving(blob)); }
  void tag(const std::string& name, const Blob& blob) {
    transport.on(manifest_url(name), serving(blob));
  }
  static std::string manifest_url(const std::string& reference) {
    return std::string{kOrigin} + "/v2/team/app/manifests/" + reference;
  }
  static std::string blob_url(const std::string& digest) {
    return std::string{kOrigin} + "/v2/team/app/blobs/" + digest;
  }

  Inspection inspect(InspectionRequest request) {
    if (inspector_ == nullptr) {
      inspector_ = std::make_unique<RegistryInspector>(transport, options, metrics, clock);
    }
    return inspector_->inspect_all({request}, deadline_in(std::chrono::seconds{30})).front();
  }
  Inspection inspect(const std::string& tag, const PlatformChoice& platforms = {true, {}}) {
    InspectionRequest request;
    request.reference = reference_to(tag);
    request.platforms = platforms;
    return inspect(request);
  }

 private:
  std::unique_ptr<RegistryInspector> inspector_;
};

PlatformChoice only(const std::string& os, const std::string& architecture) {
  return {false, {{os, architecture, ""}}};
}

BuiltImage image_for(const std::string& architecture, const std::string& variant = "") {
  fakes::ImageSpec spec;
  spec.platform = {"linux", architecture, variant};
  spec.layers = {"layer for " + architecture + variant};
  return build_image(spec);
}

fakes::IndexMember member(const BuiltImage& image, const std::string& architecture) {
  return {image.manifest, policy::Platform{"linux", architecture, ""}, false};
}

FakeAnswer unauthorized(const std::string& challenge) {
  return {401, "", {{"www-authenticate", challenge}}, {}};
}

Credential credential(const std::string& user) {
  return {"registry.example", user, "password", ""};
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
  rig.options.credentials = {credential("user")};
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

TEST_CASE("a token is fetched, used again, and fetched anew when it is refused", "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  int tokens = 0;
  std::string accepted = "t1";
  rig.transport.on("https://registry.example/token", [&](const HttpRequest&) {
    return FakeAnswer{200, R"({"token":"t)" + std::to_string(++tokens) + R"("})", {}, {}};
  });
  const auto guarded = [&](const Blob& blob) {
    return [&, blob](const HttpRequest& request) {
      return header_of(request, "Authorization") == "Bearer " + accepted
                 ? serving(blob)
                 : unauthorized(R"(Bearer realm="https://registry.example/token",service="s &")");
    };
  };
  rig.transport.on(Rig::manifest_url("1"), guarded(image.manifest));
  rig.transport.on(Rig::blob_url(image.config.digest), guarded(image.config));

  REQUIRE_FALSE(rig.inspect("1")->failure);
  CHECK(
      rig.transport.asked() ==
      std::vector<std::string>{
          "GET " + Rig::manifest_url("1"),
          "GET https://registry.example/token?service=s%20%26&scope=repository%3Ateam%2Fapp%3Apull",
          "GET " + Rig::manifest_url("1"),
          "GET " + Rig::blob_url(image.config.digest)});
  for (const HttpRequest& request : rig.transport.requests()) {
    CHECK(header_of(request, "Authorization").find("Basic") == std::string::npos);
  }

  REQUIRE_FALSE(rig.inspect("1")->failure);
  CHECK(rig.transport.requests().size() == 6);  // the token is known

  accepted = "t2";
  REQUIRE_FALSE(rig.inspect("1")->failure);
  CHECK(tokens == 2);

  accepted = "never";
  const Inspection denied = rig.inspect("1");
  REQUIRE(denied->failure);
  CHECK(denied->failure->kind == LookupFailureKind::NotFoundOrDenied);
  CHECK(tokens == 3);  // one new token, not one after the other
}

TEST_CASE("credentials go to realms that belong to the registry only", "[inspection]") {
  struct Case {
    std::string name;
    std::string realm;
    std::vector<std::string> listed;
    registry::TokenRealmPolicy policy;
    bool with_credentials;
    bool works;
  };
  using Policy = registry::TokenRealmPolicy;
  const auto row = GENERATE(values<Case>({
      {"own host", "https://registry.example/t", {}, Policy::Strict, true, true},
      {"relative", "/t", {}, Policy::Strict, true, true},
      {"own host, other port", "https://registry.example:444/t", {}, Policy::Strict, true, false},
      {"other host", "https://auth.example/t", {}, Policy::Strict, true, false},
      {"other host, anonymous", "https://auth.example/t", {}, Policy::Strict, false, true},
      {"other host, listed",
       "https://auth.example/t",
       {"auth.example"},
       Policy::Strict,
       true,
       true},
      {"another one listed", "https://auth.example/t", {"x.example"}, Policy::Strict, true, false},
      {"any https", "https://auth.example/t", {}, Policy::AnyHttps, true, true},
      {"plain http", "http://registry.example/t", {}, Policy::AnyHttps, true, false},
      {"plain http, anonymous", "http://169.254.169.254/t", {}, Policy::Strict, false, false},
      {"userinfo", "https://u:p@registry.example/t", {}, Policy::Strict, false, false},
      {"file", "file:///etc/passwd", {}, Policy::Strict, false, false},
  }));
  CAPTURE(row.name);
  Rig rig;
  rig.options.token_realms = row.policy;
  registry::HostRule rule{"registry.example"};
  rule.token_realms = row.listed;
  rig.options.hosts.push_back(rule);
  if (row.with_credentials) {
    rig.options.credentials = {credential("user")};
  }
  const BuiltImage image = image_for("amd64");
  rig.add(image);
  rig.transport.on(Rig::manifest_url("1"), [&](const HttpRequest& request) {
    return header_of(request, "Authorization") == "Bearer t"
               ? serving(image.manifest)
               : unauthorized("Bearer realm=\"" + row.realm + "\"");
  });
  for (const char* url : {"https://registry.example/t",
                          "https://registry.example:444/t",
                          "https://auth.example/t",
                          "http://registry.example/t",
                          "http://169.254.169.254/t"}) {
    rig.transport.on(url, {200, R"({"token":"t"})", {}, {}});
  }

  const Inspection result = rig.inspect("1");
  CHECK(result->failure.has_value() != row.works);
  bool sent_basic = false;
  for (const HttpRequest& request : rig.transport.requests()) {
    sent_basic = sent_basic || header_of(request, "Authorization").substr(0, 5) == "Basic";
  }
  CHECK(sent_basic == (row.with_credentials && row.works));
  if (row.name == "other host") {
    CHECK(result->failure->kind == LookupFailureKind::Refused);
    CHECK(result->failure->detail.find("tokenRealms: [auth.example]") != std::string::npos);
  }
}

TEST_CASE("every matching credential is tried, and nobody is anonymous after a match",
          "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  rig.transport.on(Rig::manifest_url("1"), [&](const HttpRequest& request) {
    const std::string sent = header_of(request, "Authorization");
    // base64 of good:password
    return sent == "Basic Z29vZDpwYXNzd29yZA==" ? serving(image.manifest)
                                                : unauthorized("Basic realm=x");
  });
  rig.transport.on(Rig::blob_url(image.config.digest), serving(image.config));
  InspectionRequest request;
  request.reference = reference_to("1");
  request.platforms.all = true;

  SECTION("the second one works") {
    request.credentials.credentials = {credential("bad")};
    rig.options.credentials = {credential("good")};
    CHECK_FALSE(rig.inspect(request)->failure);
  }
  SECTION("none works") {
    request.credentials.credentials = {credential("bad"), credential("worse")};
    const Inspection result = rig.inspect(request);
    REQUIRE(result->failure);
    CHECK(result->failure->kind == LookupFailureKind::NotFoundOrDenied);
    CHECK(result->failure->detail.find("password") == std::string::npos);
    CHECK(header_of(rig.transport.requests().back(), "Authorization").substr(0, 5) == "Basic");
  }
}

TEST_CASE("an identity token is posted, and a password is what is left otherwise", "[inspection]") {
  Rig rig;
  rig.options.credentials = {{"registry.example", "user", "password", "identity"}};
  const BuiltImage image = image_for("amd64");
  rig.add(image);
  rig.transport.on(Rig::manifest_url("1"), [&](const HttpRequest& request) {
    return header_of(request, "Authorization").empty()
               ? unauthorized("Bearer realm=\"https://registry.example/token\"")
               : serving(image.manifest);
  });
  const bool posts = GENERATE(true, false);
  rig.transport.on("https://registry.example/token", [&](const HttpRequest& request) {
    const bool post = request.method == HttpRequest::Method::Post;
    return post == posts ? FakeAnswer{200, R"({"access_token":"t"})", {}, {}}
                         : FakeAnswer{405, "", {}, {}};
  });

  CHECK_FALSE(rig.inspect("1")->failure);
  const HttpRequest& first = rig.transport.requests()[1];
  CHECK(first.method == HttpRequest::Method::Post);
  CHECK(first.body.find("refresh_token=identity") != std::string::npos);
}

TEST_CASE("a registry that names no challenge is asked at its base", "[inspection]") {
  Rig rig;
  rig.options.credentials = {credential("good")};
  const BuiltImage image = image_for("amd64");
  rig.add(image);
  rig.transport.on("https://registry.example/v2/", unauthorized("Basic realm=x"));
  rig.transport.on(Rig::manifest_url("1"), [&](const HttpRequest& request) {
    return header_of(request, "Authorization").empty() ? FakeAnswer{401, "", {}, {}}
                                                       : serving(image.manifest);
  });

  CHECK_FALSE(rig.inspect("1")->failure);
}

TEST_CASE("hosts become endpoints with what the operator allows", "[inspection]") {
  struct Case {
    std::string name;
    std::string domain;
    registry::HostRule rule;
    bool users_word;
    std::string url;
    bool configured;
    bool allow_private;
    bool allow_loopback;
  };
  const auto with = [](const std::string& host, bool plain, bool allow_private) {
    registry::HostRule rule{host};
    rule.plain_http = plain;
    rule.allow_private_network = allow_private;
    return rule;
  };
  const auto row = GENERATE_COPY(values<Case>({
      {"unknown",
       "a.example",
       with("b.example", false, true),
       false,
       "https://a.example",
       false,
       false,
       false},
      {"docker hub", "docker.io", {}, false, "https://registry-1.docker.io", false, false, false},
      {"plain http",
       "a.example:5000",
       with("a.example:5000", true, false),
       false,
       "http://a.example:5000",
       true,
       false,
       false},
      {"other port",
       "a.example:5000",
       with("a.example", true, true),
       false,
       "https://a.example:5000",
       false,
       false,
       false},
      {"glob",
       "a.corp.example",
       with("*.corp.example", false, true),
       false,
       "https://a.corp.example",
       true,
       true,
       false},
      {"loopback listed",
       "localhost:5000",
       with("localhost:5000", true, false),
       false,
       "http://localhost:5000",
       true,
       false,
       true},
      {"loopback by a glob",
       "localhost",
       with("*", false, true),
       false,
       "https://localhost",
       true,
       true,
       false},
      {"the user's word", "a.example", {}, true, "https://a.example", true, true, true},
      {"IPv6",
       "[::1]:5000",
       with("[::1]:5000", true, false),
       false,
       "http://[::1]:5000",
       true,
       false,
       true},
  }));
  CAPTURE(row.name);
  Rig rig;
  rig.options.hosts.push_back(row.rule);
  InspectionRequest request;
  request.reference = reference_to("1");
  request.reference.domain = row.domain;
  request.host_is_users_word = row.users_word;

  rig.inspect(request);
  const HttpRequest asked = rig.transport.requests().front();
  CHECK(asked.url.str() == row.url + "/v2/team/app/manifests/1");
  REQUIRE(asked.access);
  CHECK(asked.access->configured == row.configured);
  CHECK(asked.access->allow_private == row.allow_private);
  CHECK(asked.access->allow_loopback == row.allow_loopback);
}

}  // namespace leangate::inspection
