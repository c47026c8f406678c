#include "webhook/registry/docker_config.h"

#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

struct Row {
  std::string name;
  std::string entry;
  std::string user;
  std::string password;
  std::string identity_token;
};

struct Bad {
  std::string name;
  std::string text;
};

}  // namespace

TEST_CASE("a docker config's entries become credentials", "[registry]") {
  // "dTpw" is u:p, "dTpwOnE=" is u:p:q, "PHRva2VuPjppZA==" is <token>:id, "dTpwAAA=" is u:p and
  // NULs.
  const auto row = GENERATE(values<Row>({
      {"a pair", R"({"username": "u", "password": "p"})", "u", "p", ""},
      {"auth", R"({"auth": "dTpw"})", "u", "p", ""},
      {"auth overrides", R"({"auth": "dTpw", "username": "x", "password": "y"})", "u", "p", ""},
      {"colon in the password", R"({"auth": "dTpwOnE="})", "u", "p:q", ""},
      {"NULs after the password", R"({"auth": "dTpwAAA="})", "u", "p", ""},
      {"identity token", R"({"auth": "dTpw", "identitytoken": "i"})", "u", "p", "i"},
      {"identity token as docker login keeps it", R"({"auth": "PHRva2VuPjppZA=="})", "", "", "id"},
      {"more than we know", R"({"auth": "dTpw", "email": "e", "x": [1]})", "u", "p", ""},
  }));
  CAPTURE(row.name);

  const auto credentials = read_docker_config(R"({"auths": {"r.example": )" + row.entry + "}}");
  REQUIRE(credentials);
  REQUIRE(credentials->size() == 1);
  const inspection::Credential& credential = credentials->front();
  CHECK(credential.key == "r.example");
  CHECK(credential.username == row.user);
  CHECK(credential.password == row.password);
  CHECK(credential.identity_token == row.identity_token);

  const auto older = read_dockercfg(R"({"r.example": )" + row.entry + "}");
  REQUIRE(older);
  CHECK(older->size() == 1);
}

TEST_CASE("an entry that makes no sense is left out, the others stay", "[registry]") {
  const auto row = GENERATE(values<Bad>({
      {"empty", "{}"},
      {"no object", "7"},
      {"null", "null"},
      {"auth no base64", R"({"auth": "!"})"},
      {"auth without a colon", R"({"auth": "dXA="})"},
      {"auth no text", R"({"auth": 7})"},
      {"user twice", R"({"username": "u", "username": "v", "password": "p"})"},
  }));
  CAPTURE(row.name);

  const auto credentials =
      read_docker_config(R"({"auths": {"bad": )" + row.text + R"(, "good": {"auth": "dTpw"}}})");
  REQUIRE(credentials);
  REQUIRE(credentials->size() == 1);
  CHECK(credentials->front().key == "good");
}

TEST_CASE("what is no docker config is an error without its text", "[registry]") {
  const auto row = GENERATE(values<Bad>({
      {"nothing", ""},
      {"no JSON", "secret"},
      {"no object", R"(["secret"])"},
      {"auths no object", R"({"auths": "secret"})"},
      {"auths twice", R"({"auths": {}, "auths": {}})"},
  }));
  CAPTURE(row.name);

  const auto credentials = read_docker_config(row.text);
  REQUIRE_FALSE(credentials);
  CHECK(credentials.error().find("secret") == std::string::npos);
}

TEST_CASE("a docker config without logins has no credentials", "[registry]") {
  const auto credentials = read_docker_config(R"({"credsStore": "desktop"})");
  REQUIRE(credentials);
  CHECK(credentials->empty());
}

}  // namespace leangate::registry
