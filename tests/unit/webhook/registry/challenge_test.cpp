#include "webhook/registry/challenge.h"

#include <string>

#include "tests/support/catch.h"
#include "webhook/registry/limits.h"

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

struct Case {
  std::string name;
  std::string line;
  std::string expected;
};

}  // namespace

TEST_CASE("a WWW-Authenticate header is read as RFC 9110 has it", "[registry]") {
  const auto row = GENERATE(values<Case>({
      {"docker hub",
       R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/x:pull")",
       "bearer realm=https://auth.docker.io/token service=registry.docker.io "
       "scope=repository:library/x:pull"},
      {"nexus shouts",
       R"(BASIC realm="Sonatype Nexus Repository Manager")",
       "basic realm=Sonatype Nexus Repository Manager"},
      {"any letter case", R"(BaSiC ReAlM="x")", "basic realm=x"},
      {"unquoted realm", "Basic realm=/", "basic realm=/"},
      {"two parameters", R"(Basic realm="Dev", charset="UTF-8")", "basic realm=Dev charset=UTF-8"},
      {"two challenges in a line",
       R"(Bearer realm="https://a/t",service="s", Basic realm="b")",
       "bearer realm=https://a/t service=s | basic realm=b"},
      {"basic first",
       R"(Basic realm="b", Bearer realm="https://a/t")",
       "basic realm=b | bearer realm=https://a/t"},
      {"commas and spaces in quotes",
       R"(Bearer realm="a, b=c", scope="x:pull,push y:pull")",
       "bearer realm=a, b=c scope=x:pull,push y:pull"},
      {"escapes", R"(Basic realm="a \"b\" \\c")", R"(basic realm=a "b" \c)"},
      {"empty value", R"(Bearer realm="r",empty="")", "bearer realm=r empty="},
      {"space around =", R"(Bearer realm = "r" , service = s)", "bearer realm=r service=s"},
      {"a scheme alone", "Basic", "basic"},
      {"a scheme and spaces", "Basic  ", "basic"},
      {"schemes alone", "Negotiate, Basic", "negotiate | basic"},
      {"token68", R"(Negotiate YII+/a==, Basic realm="x")", "negotiate | basic realm=x"},
      {"no value reads as a token68", "Bearer realm=", "bearer"},
      {"unknown scheme", "foo bar=1", "foo bar=1"},
      {"leading commas", R"(, ,Basic realm="x")", "basic realm=x"},
      {"trailing comma", R"(Basic realm="x",)", "basic realm=x"},
      {"invalid token",
       R"(Bearer realm="r",error="invalid_token")",
       "bearer realm=r error=invalid_token"},
      {"a good one before a broken one", R"(Basic realm="x", Bearer realm="y)", "basic realm=x"},
  }));
  CAPTURE(row.name, row.line);

  CHECK(shown(parse_challenges({row.line})) == row.expected);
}

TEST_CASE("a challenge that makes no sense is left out", "[registry]") {
  const auto row = GENERATE(values<Case>({
      {"nothing", "", ""},
      {"spaces", "  ", ""},
      {"no closing quote", R"(Bearer realm="https://a)", ""},
      {"dangling escape", "Bearer realm=\"a\\", ""},
      {"quoted scheme", R"("Basic" realm="x")", ""},
      {"no comma between parameters", R"(Bearer realm="a" service="b")", ""},
      {"a separator as scheme", "=;=", ""},
      {"a control character as scheme", "\x01 realm=x", ""},
  }));
  CAPTURE(row.name, row.line);

  CHECK(shown(parse_challenges({row.line})) == row.expected);
}

TEST_CASE("all header lines are read, up to a bound", "[registry]") {
  CHECK(shown(parse_challenges({"Bearer realm=\"broken", "Basic realm=x"})) == "basic realm=x");

  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "Basic,";
  }
  CHECK(parse_challenges({many}).size() == kMaxChallenges);
  const std::string huge = "Basic realm=\"" + std::string(1u << 20, 'x') + "\"";
  CHECK(parse_challenges({huge}).empty());
}

TEST_CASE("Bearer is answered before Basic, and nothing else is", "[registry]") {
  const auto row = GENERATE(values<Case>({
      {"both", R"(Basic realm="b", Bearer realm="https://a/t")", "bearer"},
      {"basic", R"(Negotiate, Digest realm="d", Basic realm="b")", "basic"},
      {"bearer without realm", R"(Bearer service="s")", ""},
      {"bearer without realm, then basic", R"(Bearer service="s", Basic realm=b)", "basic"},
      {"others", "Negotiate, NTLM", ""},
  }));
  CAPTURE(row.name);

  const std::vector<Challenge> challenges = parse_challenges({row.line});
  const Challenge* chosen = choose_challenge(challenges);
  CHECK((chosen != nullptr ? chosen->scheme : "") == row.expected);
}

}  // namespace leangate::registry
