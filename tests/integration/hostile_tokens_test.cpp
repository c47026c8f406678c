// Challenges, realms and tokens of hostile registries, end to end: whatever a registry asks for,
// credentials go where they belong, and nobody is asked for ever.
#include <string>
#include <vector>

#include "tests/integration/hostile_registry_fixture.h"
#include "tests/support/catch.h"
#include "webhook/registry/limits.h"

namespace leangate::inspection {
namespace {

using fakes::BuiltImage;

struct Text {
  const char* name;
  std::string text;
};

std::string token_answer(const std::string& token, const std::string& more = "") {
  return http_response(200, R"({"token":")" + token + "\"" + more + "}");
}

// A registry that shows its image to bearers of "t1", "t2"..., as far as they were given out.
void serve_for_tokens(Scene& scene, const BuiltImage& image, const std::string& challenge) {
  serve_image(scene.registry, image);
  scene.registry.on(kManifest, [=](const RecordedRequest& request, ScriptedConnection& connection) {
    return connection.send(contains(request.header("authorization"), "Bearer ")
                               ? manifest_answer(image.manifest.bytes)
                               : http_response(401, "", {"WWW-Authenticate: " + challenge}));
  });
}

}  // namespace

TEST_CASE("realm: one that is nobody's business gets nothing", "[inspection][hostile]") {
  struct Case {
    const char* name;
    const char* realm;  // "REGISTRY" and "ELSEWHERE" stand for the servers' HOST:PORT
  };
  const auto row = GENERATE(values<Case>({
      {"the metadata service", "http://169.254.169.254/latest/meta-data/"},
      {"a file", "file:///etc/passwd"},
      {"gopher", "gopher://127.0.0.1:70/x"},
      {"userinfo", "https://user:pw@REGISTRY/token"},
      {"another host", "https://ELSEWHERE/token"},
      {"another host without a scheme", "//ELSEWHERE/token"},
      {"plain http on the same host", "http://REGISTRY/token"},
      {"the registry's name as a user", "https://REGISTRY@ELSEWHERE/token"},
      {"a backslash", "https://REGISTRY\\\\@ELSEWHERE/token"},
      {"a line break", "https://REGISTRY/token\\nHost: x"},
      {"no URL", "https://"},
  }));
  CAPTURE(row.name);
  Scene scene;
  std::string realm = row.realm;
  const auto put = [&](const std::string& word, const ScriptedServer& server) {
    if (const std::size_t at = realm.find(word); at != std::string::npos) {
      realm.replace(at, word.size(), host_of(server));
    }
  };
  put("REGISTRY", scene.registry);
  put("ELSEWHERE", scene.elsewhere);
  scene.registry.on(kManifest, token_challenge(realm));
  scene.registry.on("/token", token_answer("t"));
  scene.elsewhere.on("/token", token_answer("t"));

  const Inspection result = scene.look_up_with_password();
  REQUIRE(result->failure);
  CHECK(
      (result->failure->kind == Kind::Refused || result->failure->kind == Kind::NotFoundOrDenied));
  check_words(*result->failure, host_of(scene.registry), true);
  CHECK_FALSE(was_told_credentials(scene.registry));
  CHECK(scene.elsewhere.connections() == 0);
}

TEST_CASE("realm: a host that isn't the registry's is named to the operator, who may list it",
          "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  serve_for_tokens(scene, image, bearer_challenge(scene.elsewhere.origin() + "/token"));
  scene.elsewhere.on("/token", token_answer(kToken));

  SECTION("not listed") {
    const Inspection result = scene.look_up_with_password();
    check_failure(result, Kind::Refused, scene);
    CHECK(contains(result->failure->detail, "tokenRealms: [" + host_of(scene.elsewhere) + "]"));
    CHECK(scene.elsewhere.connections() == 0);
  }
  SECTION("listed") {
    scene.options.hosts.front().token_realms = {host_of(scene.elsewhere)};
    CHECK_FALSE(scene.look_up_with_password()->failure);
    REQUIRE(scene.elsewhere.requests().size() == 1);
    CHECK(scene.elsewhere.requests().front().header("authorization") == basic_authorization());
    // The registry itself sees the token, not the password.
    for (const RecordedRequest& request : scene.registry.requests()) {
      CHECK_FALSE(contains(request.header("authorization"), "Basic"));
    }
  }
  SECTION("not listed, and nothing to lose") {
    CHECK_FALSE(scene.look_up()->failure);
    CHECK(scene.elsewhere.requests().size() == 1);
    CHECK_FALSE(was_told_credentials(scene.elsewhere));
  }
}

TEST_CASE("realm: the metadata service isn't dialled over https either", "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(kManifest, token_challenge("https://169.254.169.254/token"));
  check_failure(scene.look_up(), Kind::Refused, scene);
}

TEST_CASE("realm: the token server's redirect isn't followed", "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(kManifest, token_challenge("/token"));
  const int status = GENERATE(301, 302, 303, 307, 308);
  CAPTURE(status);
  const std::string there = scene.elsewhere.origin() + "/token";
  const std::string place = GENERATE_COPY(
      as<std::string>{}, there, "http://169.254.169.254/token", "/other?t=" + std::string{kToken});
  CAPTURE(place);
  scene.registry.on("/token", redirect_to(place, status));
  scene.registry.on("/other", token_answer("t"));
  scene.elsewhere.on("/token", token_answer("t"));

  const Inspection result = scene.look_up_with_password();
  REQUIRE(result->failure);
  check_words(*result->failure, host_of(scene.registry), true);
  CHECK(scene.elsewhere.connections() == 0);
  CHECK(count_of(scene.registry, "/other") == 0);
}

TEST_CASE("challenge: more than a registry needs to say is no challenge", "[inspection][hostile]") {
  std::string many = "Basic realm=\"0\"";
  for (int i = 1; i < 1000; ++i) {
    many += ", Basic realm=\"" + std::to_string(i) + "\"";
  }
  std::vector<std::string> lines;
  const auto row = GENERATE_COPY(values<Text>({
      {"a thousand challenges in a line", many},
      {"16 KiB in one realm",
       "Bearer realm=\"https://REGISTRY/" + std::string(16u << 10, 'x') + "\""},
      {"a quote that isn't closed", R"(Bearer realm="/token)"},
      {"an escape at the end", "Bearer realm=\"/token\\"},
      {"a Bearer without a realm", "Bearer"},
      {"a scheme that isn't answered", "Negotiate"},
      {"a digest that isn't answered", R"(Digest realm="x", nonce="y")"},
      {"nothing", ""},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, http_response(401, "", {"WWW-Authenticate: " + row.text}));
  scene.registry.on("/token", token_answer("t"));
  const Inspection result = scene.look_up_with_password();
  check_failure(result, Kind::NotFoundOrDenied, scene);
  CHECK_FALSE(was_told_credentials(scene.registry));
}

TEST_CASE("challenge: a header of a megabyte ends the exchange", "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(
      kManifest,
      http_response(
          401, "", {"WWW-Authenticate: Bearer realm=\"" + std::string(1u << 20, 'x') + "\""}));
  check_failure(scene.look_up_with_password(), Kind::Unreadable, scene);
  CHECK_FALSE(was_told_credentials(scene.registry));
}

TEST_CASE("challenge: Bearer is answered before Basic, whatever stands between",
          "[inspection][hostile]") {
  const std::string bearer = "Bearer realm=\"/token\",service=\"s\"";
  const std::string line = GENERATE_COPY(as<std::string>{},
                                         bearer,
                                         "Basic realm=\"b\", " + bearer,
                                         bearer + ", Basic realm=\"b\"",
                                         "Negotiate, NTLM abc==, " + bearer,
                                         "Basic realm=\"b\"\r\nWWW-Authenticate: " + bearer);
  CAPTURE(line);
  Scene scene;
  serve_for_tokens(scene, fakes::build_image({}), line);
  scene.registry.on("/token", token_answer(kToken));
  CHECK_FALSE(scene.look_up_with_password()->failure);
  CHECK(count_of(scene.registry, "/token") == 1);
  for (const RecordedRequest& request : scene.registry.requests()) {
    if (request.target.substr(0, 6) != "/token") {
      CHECK_FALSE(contains(request.header("authorization"), "Basic"));
    }
  }
}

TEST_CASE("token: one that isn't taken is replaced once, then it is a refusal",
          "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(kManifest, token_challenge("/token"));
  scene.registry.on("/token", token_answer(kToken));
  check_failure(scene.look_up_with_password(), Kind::NotFoundOrDenied, scene);
  CHECK(count_of(scene.registry, "/token") == 1);
  CHECK(count_of(scene.registry, kManifest) == 2);

  // The token was remembered as a good one and isn't: one new one, not one after the other.
  check_failure(scene.look_up_with_password(), Kind::NotFoundOrDenied, scene);
  CHECK(count_of(scene.registry, "/token") <= 3);
  CHECK(count_of(scene.registry, kManifest) <= 5);
}

TEST_CASE("token: a larger scope is asked for once, and for the same repository only",
          "[inspection][hostile]") {
  const bool same = GENERATE(true, false);
  CAPTURE(same);
  Scene scene;
  const std::string scope =
      same ? "repository:team/app:pull,metadata" : "repository:somebody/else:pull,push";
  scene.registry.on(
      kManifest, [scope](const RecordedRequest& request, ScriptedConnection& connection) {
        const bool first = request.header("authorization").empty();
        return connection.send(http_response(
            401,
            "",
            {"WWW-Authenticate: Bearer realm=\"/token\"" +
             (first ? std::string{} : ",error=\"insufficient_scope\",scope=\"" + scope + "\"")}));
      });
  scene.registry.on("/token", token_answer(kToken));
  check_failure(scene.look_up_with_password(), Kind::NotFoundOrDenied, scene);
  CHECK(count_of(scene.registry, "/token") == (same ? 2 : 1));
  for (const RecordedRequest& request : scene.registry.requests()) {
    CHECK_FALSE(contains(request.target, "somebody"));
  }
}

TEST_CASE("token: an answer without a usable token is an error that doesn't quote it",
          "[inspection][hostile]") {
  struct Case {
    const char* name;
    std::string answer;
    Kind kind;
  };
  const std::string token = std::string{R"({"token":")"} + kToken + "\"}";
  const auto row = GENERATE_COPY(values<Case>({
      {"the server refuses", http_response(403, token), Kind::NotFoundOrDenied},
      {"the server doesn't know it", http_response(404, token), Kind::NotFoundOrDenied},
      {"the server fails", http_response(502, token), Kind::Unreachable},
      {"half a document", http_response(200, token.substr(0, token.size() - 1)), Kind::Unreadable},
      {"no JSON", http_response(200, std::string{"<html>"} + kToken), Kind::Unreadable},
      {"an empty token", http_response(200, R"({"token":""})"), Kind::Unreadable},
      {"null", http_response(200, R"({"token":null})"), Kind::Unreadable},
      {"no token", http_response(200, "{}"), Kind::Unreadable},
      {"nothing", http_response(200, ""), Kind::Unreadable},
      {"a line break in it", token_answer(std::string{kToken} + "\\r\\nX: y"), Kind::Unreadable},
      {"a space in it", token_answer(std::string{kToken} + " y"), Kind::Unreadable},
      {"a NUL in it", token_answer(std::string{kToken} + "\\u0000"), Kind::Unreadable},
      {"UTF-8 in it", token_answer(std::string{kToken} + "\xc3\xa4"), Kind::Unreadable},
      {"a megabyte", http_response(200, std::string(1u << 20, ' ') + token), Kind::Unreadable},
      {"a gigabyte, announced",
       "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + token,
       Kind::Unreadable},
      {"a token of 64 KiB", token_answer(std::string(64u << 10, 'x')), Kind::Unreadable},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, token_challenge("/token"));
  scene.registry.on("/token", row.answer);
  check_failure(scene.look_up_with_password(), row.kind, scene);
}

TEST_CASE("token: a lifetime that makes no sense is a minute", "[inspection][hostile]") {
  const std::string lifetime = GENERATE(as<std::string>{},
                                        "",
                                        ",\"expires_in\":-5",
                                        ",\"expires_in\":0",
                                        ",\"expires_in\":5",
                                        ",\"expires_in\":\"300\"",
                                        ",\"expires_in\":1e30",
                                        ",\"expires_in\":null",
                                        ",\"expires_in\":60,\"issued_at\":\"0001-01-01T00:00:00Z\"",
                                        ",\"expires_in\":60,\"issued_at\":\"2999-01-01T00:00:00Z\"",
                                        ",\"expires_in\":60,\"issued_at\":\"yesterday\"");
  CAPTURE(lifetime);
  Scene scene;
  serve_for_tokens(scene, fakes::build_image({}), bearer_challenge("/token"));
  scene.registry.on("/token", token_answer(kToken, lifetime));
  REQUIRE_FALSE(scene.look_up_with_password()->failure);
  scene.clock.advance(seconds{49});
  REQUIRE_FALSE(scene.look_up_with_password()->failure);
  CHECK(count_of(scene.registry, "/token") == 1);
  scene.clock.advance(seconds{1});  // renewed ten seconds early
  REQUIRE_FALSE(scene.look_up_with_password()->failure);
  CHECK(count_of(scene.registry, "/token") == 2);
}

TEST_CASE("token: what one credential was given serves no other, nor another repository",
          "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  serve_for_tokens(scene, image, bearer_challenge("/token"));
  scene.registry.on("/token", token_answer(kToken));
  REQUIRE_FALSE(scene.look_up_with_password()->failure);
  REQUIRE(count_of(scene.registry, "/token") == 1);

  scene.look_up(with_password(request_for(host_of(scene.registry), "1"), "another"));
  CHECK(count_of(scene.registry, "/token") == 2);
  scene.look_up();
  CHECK(count_of(scene.registry, "/token") == 3);
  InspectionRequest other = request_for(host_of(scene.registry), "1");
  other.reference.path = "team/other";
  scene.look_up(with_password(other, kPassword));
  CHECK(count_of(scene.registry, "/token") == 4);
}

TEST_CASE("token: a 401 without a challenge is answered by what the API's base says",
          "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  serve_image(scene.registry, image);
  scene.registry.on(kManifest, [&](const RecordedRequest& request, ScriptedConnection& connection) {
    return connection.send(request.header("authorization") == "Bearer t"
                               ? manifest_answer(image.manifest.bytes)
                               : http_response(401, "no"));
  });
  scene.registry.on("/token", token_answer("t"));

  SECTION("which is a challenge") {
    scene.registry.on("/v2/", token_challenge("/token"));
    CHECK_FALSE(scene.look_up_with_password()->failure);
    CHECK(count_of(scene.registry, "/v2/") == 1);
  }
  SECTION("which is nothing either") {
    scene.registry.on("/v2/", http_response(401, "no"));
    check_failure(scene.look_up_with_password(), Kind::NotFoundOrDenied, scene);
    CHECK(count_of(scene.registry, "/v2/") == 1);
    CHECK_FALSE(was_told_credentials(scene.registry));
  }
}

TEST_CASE("token: the 400 with which ECR Public refuses an old one is answered by a new one",
          "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  serve_image(scene.registry, image);
  int given = 0;
  scene.registry.on("/token", [&](const RecordedRequest&, ScriptedConnection& connection) {
    return connection.send(token_answer("t" + std::to_string(++given)));
  });
  std::string accepted = "t1";
  scene.registry.on(kManifest, [&](const RecordedRequest& request, ScriptedConnection& connection) {
    const std::string sent = request.header("authorization");
    return connection.send(
        sent == "Bearer " + accepted ? manifest_answer(image.manifest.bytes)
        : sent.empty()
            ? token_challenge("/token")
            : http_response(
                  400,
                  R"({"errors":[{"code":"DENIED","message":"Authorization Token is invalid"}]})"));
  });
  REQUIRE_FALSE(scene.look_up()->failure);
  accepted = "t2";
  CHECK_FALSE(scene.look_up()->failure);
  CHECK(count_of(scene.registry, "/token") == 2);
}

}  // namespace leangate::inspection
