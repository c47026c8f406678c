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
      {"without padding", R"({"auth": "dTpwOnE"})", "u", "p:q", ""},
      {"lines", R"({"auth": "dTpw\nOnE=\n"})", "u", "p:q", ""},
      {"bits left over, as Go takes them", R"({"auth": "dTpwOnF="})", "u", "p:q", ""},
      {"NULs after the password", R"({"auth": "dTpwAAA="})", "u", "p", ""},
      {"identity token", R"({"auth": "dTpw", "identitytoken": "i"})", "u", "p", "i"},
      {"identity token as docker login keeps it", R"({"auth": "PHRva2VuPjppZA=="})", "", "", "id"},
      {"more than we know", R"({"auth": "dTpw", "email": "e", "x": [1]})", "u", "p", ""},
  }));
  CAPTURE(row.name);

  const auto config = read_docker_config(R"({"auths": {"r.example": )" + row.entry + "}}");
  REQUIRE(config);
  REQUIRE(config->credentials.size() == 1);
  const inspection::Credential& credential = config->credentials.front();
  CHECK(credential.key == "r.example");
  CHECK(credential.username == row.user);
  CHECK(credential.password == row.password);
  CHECK(credential.identity_token == row.identity_token);
}

TEST_CASE("an entry that makes no sense is left out, the others stay", "[registry]") {
  const auto row = GENERATE(values<Bad>({
      {"no object", "7"},
      {"null", "null"},
      {"auth no base64", R"({"auth": "!"})"},
      {"auth without a colon", R"({"auth": "czNjcjN0"})"},
      {"auth no text", R"({"auth": 7})"},
      {"user twice", R"({"username": "u", "username": "v", "password": "p"})"},
  }));
  CAPTURE(row.name);

  const auto config =
      read_docker_config(R"({"auths": {"bad": )" + row.text + R"(, "good": {"auth": "dTpw"}}})");
  REQUIRE(config);
  REQUIRE(config->credentials.size() == 1);
  CHECK(config->credentials.front().key == "good");
  REQUIRE(config->warnings.size() == 1);
  CHECK(config->warnings.front().find("\"bad\"") != std::string::npos);
  CHECK(config->warnings.front().find("s3cr3t") == std::string::npos);
}

TEST_CASE("an entry without a login is no credential, and nothing to warn of", "[registry]") {
  const auto config =
      read_docker_config(R"({"auths": {"r.example": {}, "s.example": {"auth": ""}}})");
  REQUIRE(config);
  CHECK(config->credentials.empty());
  CHECK(config->warnings.empty());
}

TEST_CASE("a docker config names the helpers of hosts", "[registry]") {
  const auto config = read_docker_config(R"({
    "auths": {"https://index.docker.io/v1/": {}, "own.example": {"auth": "dTpw"}},
    "credHelpers": {"gcr.io": "gcloud", "path.example": "../evil", "upper.example": "Keys",
                    "empty.example": "", "number.example": 5},
    "credsStore": "secretservice"})");
  REQUIRE(config);
  REQUIRE(config->helpers.size() == 2);
  CHECK(config->helpers[0].host == "gcr.io");
  CHECK(config->helpers[0].helper == "gcloud");
  // A store is asked for what `docker login` left to it, and for no host that a pod makes up.
  CHECK(config->helpers[1].host == "https://index.docker.io/v1/");
  CHECK(config->helpers[1].helper == "secretservice");
  CHECK(config->warnings.size() == 4);
  CHECK(config->credentials.size() == 1);
}

TEST_CASE("a docker config names a bounded number of helpers", "[registry]") {
  std::string helpers;
  for (int i = 0; i < 100; ++i) {
    helpers +=
        (i == 0 ? "" : ", ") + ("\"r" + std::to_string(i)) + "\": \"h" + std::to_string(i) + "\"";
  }
  const auto config = read_docker_config("{\"credHelpers\": {" + helpers + "}}");
  REQUIRE(config);
  CHECK(config->helpers.size() == 16);
  CHECK(config->warnings.size() == 16);
}

TEST_CASE("of a pull secret, what the kubelet takes is taken", "[registry]") {
  const std::string entries =
      R"({"r.example": {"auth": "dTpw", "identitytoken": "i"},
          "s.example": {"identitytoken": "i"},
          "t.example": {"auth": "PHRva2VuPjppZA=="}, "bad": 7})";
  const bool older = GENERATE(false, true);
  CAPTURE(older);
  const auto config =
      older ? read_pull_secret(PullSecretType::Dockercfg, entries)
            : read_pull_secret(PullSecretType::DockerConfigJson,
                               R"({"credsStore": "keys", "credHelpers": {"r.example": "keys"},
                                   "auths": )" +
                                   entries + "}");
  REQUIRE(config);
  CHECK(config->helpers.empty());
  CHECK(config->warnings.size() == 1);
  REQUIRE(config->credentials.size() == 2);
  CHECK(config->credentials[0].username == "u");
  CHECK(config->credentials[0].identity_token.empty());
  CHECK(config->credentials[1].username == "<token>");
  CHECK(config->credentials[1].password == "id");
  CHECK_FALSE(read_pull_secret(PullSecretType::Dockercfg, "secret"));
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

  const auto config = read_docker_config(row.text);
  REQUIRE_FALSE(config);
  CHECK(config.error().find("secret") == std::string::npos);
}

TEST_CASE("a docker config without logins has no credentials", "[registry]") {
  const auto config = read_docker_config(R"({"credsStore": "desktop"})");
  REQUIRE(config);
  CHECK(config->credentials.empty());
  CHECK(config->helpers.empty());
}

}  // namespace leangate::registry
