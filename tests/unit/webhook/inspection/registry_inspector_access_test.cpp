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
    rig.options.credentials = registry::fixed_credentials({credential("user")});
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
    rig.options.credentials = registry::fixed_credentials({credential("good")});
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
  rig.options.credentials =
      registry::fixed_credentials({{"registry.example", "user", "password", "identity"}});
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
  const HttpRequest first = rig.transport.requests()[1];
  CHECK(first.method == HttpRequest::Method::Post);
  CHECK(first.body.find("refresh_token=identity") != std::string::npos);
}

TEST_CASE("a registry that names no challenge is asked at its base", "[inspection]") {
  Rig rig;
  rig.options.credentials = registry::fixed_credentials({credential("good")});
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

TEST_CASE("a token from before a right was granted is renewed once", "[inspection]") {
  Rig rig;
  const BuiltImage image = image_for("amd64");
  rig.add(image);
  int tokens = 0;
  rig.transport.on("https://registry.example/token", [&](const HttpRequest&) {
    return FakeAnswer{200, R"({"token":"t)" + std::to_string(++tokens) + R"("})", {}, {}};
  });
  std::string accepted = "Bearer t1";
  rig.transport.on(Rig::manifest_url("1"), [&](const HttpRequest& request) {
    const std::string sent = header_of(request, "Authorization");
    return sent.empty()       ? unauthorized("Bearer realm=\"https://registry.example/token\"")
           : sent == accepted ? serving(image.manifest)
                              : FakeAnswer{403, "", {}, {}};
  });
  REQUIRE_FALSE(rig.inspect("1")->failure);

  accepted = "Bearer t2";
  CHECK_FALSE(rig.inspect("1")->failure);
  accepted = "nothing";
  const Inspection denied = rig.inspect("1");
  REQUIRE(denied->failure);
  CHECK(denied->failure->kind == LookupFailureKind::NotFoundOrDenied);
  CHECK(tokens == 3);
}

}  // namespace leangate::inspection
