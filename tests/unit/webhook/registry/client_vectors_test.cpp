// What other registry clients test their parsers with, one test a test of theirs: challenges,
// tokens, digests and platforms. Where they would go on with half of something broken, leangate
// leaves it out; the row says so.
#include <string>
#include <vector>

#include "policy/image_facts.h"
#include "policy/image_reference.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/catch.h"
#include "webhook/registry/challenge.h"
#include "webhook/registry/platform.h"
#include "webhook/registry/token.h"

namespace leangate::registry {
namespace {

// "scheme name=value name=value", challenges separated by " | ".
std::string shown(const std::vector<Challenge>& challenges) {
  std::string text;
  for (const Challenge& challenge : challenges) {
    text += (text.empty() ? "" : " | ") + challenge.scheme;
    for (const auto& [name, value] : challenge.parameters) {
      text += " " + name + "=" + value;
    }
  }
  return text;
}

struct Row {
  std::string line;
  std::string expected;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(shown(parse_challenges({row.line})) == row.expected);
  }
}

// "linux/arm/v7" in the one spelling.
policy::Platform platform(const std::string& text) {
  const std::size_t first = text.find('/');
  const std::size_t second = text.find('/', first + 1);
  return normalised({text.substr(0, first),
                     text.substr(first + 1, second - first - 1),
                     second == std::string::npos ? "" : text.substr(second + 1)});
}

}  // namespace

TEST_CASE("challenge vectors: regclient's TestParseAuthHeader", "[registry][vectors]") {
  check({
      {R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:docker/docker:pull")",
       "bearer realm=https://auth.docker.io/token service=registry.docker.io "
       "scope=repository:docker/docker:pull"},
      {R"(Basic realm="GitHub Package Registry")", "basic realm=GitHub Package Registry"},
      {R"(BaSiC ReAlM="Case insensitive key")", "basic realm=Case insensitive key"},
      {"Basic realm=unquoted", "basic realm=unquoted"},
      {"Basic realm=/", "basic realm=/"},
      {R"(Basic realm="Dev", charset="UTF-8")", "basic realm=Dev charset=UTF-8"},
      {R"(Basic realm="GitHub Package Registry)", ""},
      {"Basic realm=\"GitHub Package Registry\\", ""},
      // A quoted scheme or name is no grammar of RFC 9110's; regclient reads it.
      {R"("Basic" "realm"=/)", ""},
  });
}

TEST_CASE("challenge vectors: containerd's TestParseAuthHeaderBearer and TestParseAuthHeader",
          "[registry][vectors]") {
  const std::string head =
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope=")";
  const std::string read =
      "bearer realm=https://auth.docker.io/token service=registry.docker.io scope=";
  const std::string several =
      "repository:foo/bar:pull,push repository:foo/baz:pull repository:foo/foo:push";
  check({
      {head + "repository:foo/bar:pull,push\"", read + "repository:foo/bar:pull,push"},
      {head + several + "\"", read + several},
      {R"(Bearer realm="https://auth.example.io/token",empty="",service="registry.example.io",scope="repository:library/hello-world:pull,push")",
       "bearer realm=https://auth.example.io/token empty= service=registry.example.io "
       "scope=repository:library/hello-world:pull,push"},
  });
}

TEST_CASE("challenge vectors: containers/image's TestParseValueAndParams", "[registry][vectors]") {
  const std::string head =
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:)";
  const std::string read =
      "bearer realm=https://auth.docker.io/token service=registry.docker.io "
      "scope=repository:library/busybox:";
  check({
      {head + "pull\"", read + "pull"},
      {head + "pull,push\"", read + "pull,push"},
      {R"(Bearer realm="http://127.0.0.1:5000/openshift/token")",
       "bearer realm=http://127.0.0.1:5000/openshift/token"},
  });
}

TEST_CASE("challenge vectors: oras-go's Test_parseChallenge", "[registry][vectors]") {
  const std::string realm = R"(Bearer realm="https://auth.example.io/token",)";
  const std::string read = "bearer realm=https://auth.example.io/token ";
  check({
      {"", ""},
      {"foo bar", "foo"},
      {R"(Basic realm="Test Registry")", "basic realm=Test Registry"},
      {"Basic", "basic"},
      {"Basic  ", "basic"},
      {"Bearer", "bearer"},
      {"Bearer  ", "bearer"},
      {realm + R"(service="registry.example.io",scope="repository:library/hello-world:pull,push")",
       read + "service=registry.example.io scope=repository:library/hello-world:pull,push"},
      {realm +
           R"(service="registry.example.io",scope="repository:library/alpine:pull,push repository:ubuntu:pull")",
       read + "service=registry.example.io scope=repository:library/alpine:pull,push "
              "repository:ubuntu:pull"},
      {R"(Bearer realm = "https://auth.example.io/token"   ,service=registry.example.io, scope  ="repository:library/hello-world:pull,push"  )",
       read + "service=registry.example.io scope=repository:library/hello-world:pull,push"},
      {R"(Bearer foo="foo\"bar",hello="\"hello world\"")",
       R"(bearer foo=foo"bar hello="hello world")"},
      // After a comma a word alone is another scheme.
      {realm + "service", "bearer realm=https://auth.example.io/token | service"},
      // oras-go keeps what stands before a broken parameter.
      {realm + "service=", ""},
      {realm + "service= ", ""},
      {realm + R"(service="registry)", ""},
  });
}

TEST_CASE(
    "challenge vectors: go-containerregistry's TestAuthChallengeParse and TestChallengeParsing",
    "[registry][vectors]") {
  check({
      {R"(Bearer realm="https://auth.example.com/token",service="registry.example.com",other=fun,slashed="he\"\l\lo")",
       "bearer realm=https://auth.example.com/token service=registry.example.com other=fun "
       "slashed=he\"llo"},
      {R"(Bearer foo="bar")", "bearer foo=bar"},
      {R"(Bearer foo="bar",baz="blah")", "bearer foo=bar baz=blah"},
      {R"(Bearer baz="blah", foo="bar")", "bearer baz=blah foo=bar"},
      {R"(Bearer realm="https://gcr.io/v2/token", service="gcr.io", scope="repository:foo/bar:pull")",
       "bearer realm=https://gcr.io/v2/token service=gcr.io scope=repository:foo/bar:pull"},
  });
}

TEST_CASE("challenge vectors: what go-containerregistry's TestPing... chooses",
          "[registry][vectors]") {
  const auto chosen = [](const std::vector<std::string_view>& lines) {
    const std::vector<Challenge> challenges = parse_challenges(lines);
    const Challenge* const challenge = choose_challenge(challenges);
    return challenge != nullptr ? challenge->scheme : std::string{"nothing"};
  };
  CHECK(chosen({}) == "nothing");
  CHECK(chosen({"BASIC"}) == "basic");
  CHECK(chosen({R"(Bearer realm="http://auth.example.com/token")"}) == "bearer");
  CHECK(chosen({R"(Bearer realm="http://auth.example.com/token)"}) == "nothing");
  CHECK(chosen({"Negotiate", R"(Basic realm="http://auth.example.com/token")"}) == "basic");
  CHECK(chosen({"Negotiate", "Other"}) == "nothing");
  CHECK(chosen({R"(Basic realm="x")", R"(Bearer realm="http://auth.example.com/token")"}) ==
        "bearer");
}

TEST_CASE("token vectors: containers/image's TestNewBearerTokenFromHTTPResponseBody...",
          "[registry][vectors]") {
  struct Case {
    const char* name;
    const char* body;
    const char* token;  // empty: an error
    int seconds;
  };
  // The clock stands at 2026-11-23T00:00:00Z, long after these were issued.
  const auto row = GENERATE(values<Case>({
      {"token",
       R"({"token":"IAmAToken","expires_in":100,"issued_at":"2018-01-01T10:00:02+00:00"})",
       "IAmAToken",
       100},
      {"access_token",
       R"({"access_token":"IAmAToken","expires_in":100,"issued_at":"2018-01-01T10:00:02+00:00"})",
       "IAmAToken",
       100},
      {"a small expiry",
       R"({"token":"IAmAToken","expires_in":1,"issued_at":"2018-01-01T10:00:02+00:00"})",
       "IAmAToken",
       60},
      {"issued at zero",
       R"({"token":"IAmAToken","expires_in":100,"issued_at":"1970-01-01T00:00:00Z"})",
       "IAmAToken",
       100},
      {"no JSON", "IAmNotJson", "", 0},
  }));
  CAPTURE(row.name);
  const auto token = read_token_answer(row.body, fakes::FakeClock{}.utc_now());
  REQUIRE(token.has_value() == (row.seconds != 0));
  if (token) {
    CHECK(token->value == row.token);
    CHECK(token->lifetime == std::chrono::seconds{row.seconds});
  }
}

TEST_CASE("token vectors: go-containerregistry's TestBearerRefresh and regclient's TestBearer",
          "[registry][vectors]") {
  const auto now = fakes::FakeClock{}.utc_now();
  CHECK(read_token_answer(R"({"token":"Sup3rDup3rS3cr3tz"})", now)->value == "Sup3rDup3rS3cr3tz");
  CHECK(read_token_answer(R"({"access_token":"Sup3rDup3rS3cr3tz"})", now)->value ==
        "Sup3rDup3rS3cr3tz");
  CHECK_FALSE(read_token_answer(R"({"tolkien":"Sup3rDup3rS3cr3tz"})", now));
  // A server whose clock is behind, and one whose clock is ahead.
  CHECK(read_token_answer(
            R"({"token":"token1","expires_in":900,"issued_at":"2026-11-22T23:45:00Z"})", now)
            ->lifetime == std::chrono::seconds{900});
  CHECK(read_token_answer(
            R"({"token":"token2","expires_in":10,"issued_at":"2026-11-23T00:15:00Z"})", now)
            ->lifetime == std::chrono::seconds{60});
}

TEST_CASE("digest vectors: go-digest's TestParseDigest", "[registry][vectors]") {
  const std::string hex = "e58fcf7418d4390dec8e8fb69d88c06ec07039d651fedd3aa72af9972e7d046b";
  CHECK(policy::is_digest("sha256:" + hex));
  CHECK(policy::is_digest("sha512:" + hex + hex));
  for (const std::string& bad : std::vector<std::string>{
           "",
           "     ",
           ":",
           "sha256:",
           "sha256:" + std::string(64, ' '),
           "d41d8cd98f00b204e9800998ecf8427e",
           "sha256:abcdef0123456789",
           "sha512:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
           "bean:0123456789abcdef",
           "sha256:" + std::string(64, 'E'),
           "sha256:E58FCF7418D4390DEC8E8FB69D88C06EC07039D651FEDD3AA72AF9972E7D046B",
           "sha256+b64:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564",
           "foo+bar:abcd",
           "sha256.foo+bar_qux:" + hex,
           "sha256+" + hex,
           "sha256:" + hex + "\n",
           // Known to go-digest; no registry keeps manifests under it.
           "sha384:" + std::string(96, 'd'),
       }) {
    CAPTURE(bad);
    CHECK_FALSE(policy::is_digest(bad));
  }
}

TEST_CASE("platform vectors: containerd's TestOnly", "[registry][vectors]") {
  struct Case {
    std::string node;
    std::vector<std::string> runs;
    std::vector<std::string> refuses;
  };
  const std::vector<std::string> all_arm = {"linux/arm",
                                            "linux/arm/v5",
                                            "linux/arm/v6",
                                            "linux/arm/v7",
                                            "linux/arm/v8",
                                            "linux/arm64",
                                            "linux/arm64/v8"};
  const auto row = GENERATE_COPY(values<Case>({
      {"linux/amd64",
       {"linux/amd64", "linux/386"},
       {"linux/amd64/v2", "linux/arm/v7", "linux/arm64", "windows/amd64", "windows/arm"}},
      {"linux/amd64/v2",
       {"linux/amd64", "linux/amd64/v1", "linux/amd64/v2", "linux/386"},
       {"linux/amd64/v3", "linux/amd64/v4", "linux/arm/v7", "linux/arm64", "windows/amd64"}},
      {"linux/386", {"linux/386"}, {"linux/amd64", "linux/arm/v7", "linux/arm64", "windows/amd64"}},
      {"windows/amd64",
       {"windows/amd64"},
       {"linux/amd64", "linux/arm/v7", "linux/arm64", "windows/arm"}},
      {"linux/arm/v8",
       {"linux/arm", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm/v8"},
       {"linux/amd64", "linux/arm/v4", "linux/arm64", "windows/amd64", "windows/arm"}},
      {"linux/arm/v7",
       {"linux/arm", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7"},
       {"linux/amd64", "linux/arm/v4", "linux/arm/v8", "linux/arm64", "windows/arm"}},
      {"linux/arm/v6",
       {"linux/arm/v5", "linux/arm/v6"},
       {"linux/amd64", "linux/arm", "linux/arm/v4", "linux/arm/v7", "linux/arm/v8", "linux/arm64"}},
      {"linux/arm/v5",
       {"linux/arm/v5"},
       {"linux/amd64", "linux/arm", "linux/arm/v4", "linux/arm/v6", "linux/arm/v7", "linux/arm64"}},
      {"linux/arm64", all_arm, {"linux/amd64", "linux/arm/v4", "linux/arm64/v9", "windows/arm"}},
      {"linux/arm64/v9", all_arm, {"linux/amd64", "linux/arm/v4", "windows/amd64"}},
  }));
  for (const std::string& image : row.runs) {
    CAPTURE(row.node, image);
    CHECK(platform_rank(platform(row.node), platform(image)).has_value());
  }
  for (const std::string& image : row.refuses) {
    CAPTURE(row.node, image);
    CHECK_FALSE(platform_rank(platform(row.node), platform(image)).has_value());
  }
}

}  // namespace leangate::registry
