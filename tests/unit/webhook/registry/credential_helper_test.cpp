#include "webhook/registry/credential_helper.h"

#include <chrono>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/program.h"
#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

using std::chrono::seconds;

policy::ImageReference image(const std::string& domain) {
  policy::ImageReference reference;
  reference.domain = domain;
  reference.path = "team/app";
  return reference;
}

// One helper that is a script, in a folder of PATH.
struct Rig {
  fakes::TemporaryFolder folder;
  fakes::FakeClock clock;
  CredentialHelpers helpers;

  Rig(const std::string& script, const std::vector<HelperRule>& rules)
      : helpers{rules, environment(folder, script), clock} {}

  static std::vector<std::string> environment(const fakes::TemporaryFolder& folder,
                                              const std::string& script) {
    fakes::write_program(folder, "docker-credential-keys", script);
    return {"PATH=relative:/nowhere:" + folder.path().string() + ":/usr/bin:/bin"};
  }
  FoundCredentials find(const std::string& domain) {
    return helpers.find(image(domain), deadline_in(seconds{20}));
  }
  std::size_t runs() const { return fakes::count_runs(folder, "docker-credential-keys"); }
};

constexpr const char* kAnswer =
    "read server; echo \"$1 $server\" > \"$folder/called\"\n"
    "echo '{\"ServerURL\": \"x\", \"Username\": \"user\", \"Secret\": \"s3cr3t\"}'";

struct Asked {
  std::string name;
  std::string rule;
  std::string domain;
  std::string server;
};

struct Bad {
  std::string name;
  std::string script;
  std::string said;
};

}  // namespace

TEST_CASE("a helper is asked for its host", "[registry][helper]") {
  const auto row = GENERATE(values<Asked>({
      {"host", "r.example", "r.example", "r.example"},
      {"port", "r.example:5000", "r.example:5000", "r.example:5000"},
      {"scheme and path", "https://R.example/v1/", "r.example", "r.example"},
      {"hub as docker has it",
       "https://index.docker.io/v1/",
       "docker.io",
       "https://index.docker.io/v1/"},
      {"hub by its name", "docker.io", "docker.io", "https://index.docker.io/v1/"},
  }));
  CAPTURE(row.name);
  Rig rig{kAnswer, {{row.rule, "keys"}}};

  const FoundCredentials found = rig.find(row.domain);

  REQUIRE(found.credentials.size() == 1);
  CHECK(found.credentials[0].username == "user");
  CHECK(found.credentials[0].password == "s3cr3t");
  CHECK(found.credentials[0].source == "credential helper keys");
  CHECK(rig.folder.read("called") == "get " + row.server + "\n");
}

TEST_CASE("a helper is asked for no other host", "[registry][helper]") {
  Rig rig{kAnswer, {{"r.example", "keys"}, {"*.corp.example", "keys"}}};
  for (const char* host : {"s.example", "r.example.evil", "r.example:5000", "a.corp.example"}) {
    CAPTURE(host);
    const FoundCredentials found = rig.find(host);
    CHECK(found.credentials.empty());
    CHECK(tried_sources(found) == " (tried: credential helper keys for r.example, *.corp.example)");
  }
  CHECK(rig.runs() == 0);
}

TEST_CASE("a helper's answer is kept for a minute", "[registry][helper]") {
  Rig rig{kAnswer, {{"r.example", "keys"}}};
  (void)rig.find("r.example");
  rig.clock.advance(seconds{59});
  (void)rig.find("r.example");
  CHECK(rig.runs() == 1);
  rig.clock.advance(seconds{1});
  CHECK(rig.find("r.example").credentials.size() == 1);
  CHECK(rig.runs() == 2);
}

TEST_CASE("a helper without the credential is no failure", "[registry][helper]") {
  Rig rig{"echo credentials not found in native keychain; exit 1", {{"r.example", "keys"}}};
  CHECK(tried_sources(rig.find("r.example")) == " (tried: credential helper keys, which has none)");
  rig.clock.advance(seconds{59});
  (void)rig.find("r.example");
  CHECK(rig.runs() == 1);
}

TEST_CASE("a helper that fails says why", "[registry][helper]") {
  const auto row = GENERATE(values<Bad>({
      {"exit 1", "echo s3cr3t; exit 1", "exit status 1"},
      {"no JSON", "echo s3cr3t", "its answer is no valid JSON"},
      {"no object", "echo '[]'", "its answer is no JSON object"},
      {"no user", "echo '{\"Secret\": \"s3cr3t\"}'", "no Username and Secret"},
      {"no secret", "echo '{\"Username\": \"s3cr3t\"}'", "no Username and Secret"},
      {"floods", "yes s3cr3t", "it wrote too much"},
  }));
  CAPTURE(row.name);
  Rig rig{row.script, {{"r.example", "keys"}}};
  const std::string tried = tried_sources(rig.find("r.example"));
  CAPTURE(tried);
  CHECK(tried.find(row.said) != std::string::npos);
  CHECK(tried.find("s3cr3t") == std::string::npos);

  Rig missing{kAnswer, {{"r.example", "other"}}};
  CHECK(missing.find("r.example").tried.front().find("docker-credential-other isn't in PATH") !=
        std::string::npos);
}

TEST_CASE("a helper's token is an identity token", "[registry][helper]") {
  const auto credential = read_helper_answer(R"({"Username": "<token>", "Secret": "t"})");
  REQUIRE(credential);
  CHECK(credential->identity_token == "t");
  CHECK(credential->username.empty());
  CHECK(credential->password.empty());
}

}  // namespace leangate::registry
