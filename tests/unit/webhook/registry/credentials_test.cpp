#include "webhook/registry/credentials.h"

#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

using inspection::Credential;

policy::ImageReference image(const std::string& domain, const std::string& path) {
  policy::ImageReference reference;
  reference.domain = domain;
  reference.path = path;
  return reference;
}

std::string keys(const std::vector<Credential>& credentials) {
  std::string text;
  for (const Credential& credential : credentials) {
    text += (text.empty() ? "" : " ") + credential.key;
  }
  return text;
}

std::vector<Credential> with_keys(const std::vector<std::string>& names) {
  std::vector<Credential> credentials;
  for (const std::string& name : names) {
    credentials.push_back({name, "user", "password", ""});
  }
  return credentials;
}

struct Match {
  std::string name;
  std::string key;
  std::string domain;
  std::string path;
};

}  // namespace

TEST_CASE("a credential matches as the kubelet matches it", "[registry]") {
  const auto row = GENERATE(values<Match>({
      {"host", "r.example", "r.example", "a/b"},
      {"scheme", "https://r.example", "r.example", "a/b"},
      {"plain scheme", "http://r.example", "r.example", "a/b"},
      {"v1", "https://r.example/v1/", "r.example", "a/b"},
      {"v2", "r.example/v2/", "r.example", "a/b"},
      {"v2 and a path", "r.example/v2/a", "r.example", "a/b"},
      {"letter case", "R.Example", "r.example", "a/b"},
      {"port", "r.example:5000", "r.example:5000", "a"},
      {"path", "r.example/a", "r.example", "a/b"},
      {"path as a prefix of text", "r.example/pong", "r.example", "pongz"},
      {"star for a label", "*.example", "r.example", "a"},
      {"star within a label", "r*y.example", "registry.example", "a"},
      {"stars in every label", "*.*.example", "a.b.example", "a"},
      {"question mark", "?.example", "r.example", "a"},
      {"class", "[p-s].example", "r.example", "a"},
      {"negated class", "[^a-c].example", "r.example", "a"},
      {"hub by its key", "https://index.docker.io/v1/", "docker.io", "library/x"},
      {"hub by its name", "docker.io", "docker.io", "library/x"},
      {"hub, a repository", "docker.io/library", "docker.io", "library/x"},
      {"IPv6", "[::1]:5000", "[::1]:5000", "a"},
  }));
  CAPTURE(row.name);

  CHECK(matching_credentials(with_keys({row.key}), image(row.domain, row.path)).size() == 1);
}

TEST_CASE("a credential goes to no other host or repository", "[registry]") {
  const auto row = GENERATE(values<Match>({
      {"other host", "r.example", "s.example", "a"},
      {"host as a prefix", "r.example", "r.example.evil", "a"},
      {"other port", "r.example:5000", "r.example:5001", "a"},
      {"port against none", "r.example:443", "r.example", "a"},
      {"star doesn't span labels", "*.example", "a.b.example", "a"},
      {"star isn't nothing", "*.r.example", "r.example", "a"},
      {"other path", "r.example/a", "r.example", "b"},
      {"longer path", "r.example/a/b", "r.example", "a"},
      {"class", "[a-c].example", "r.example", "a"},
      {"class that isn't closed", "[a-z.example", "r.example", "a"},
      {"empty key", "", "r.example", "a"},
      {"hub's key", "https://index.docker.io/v1/", "r.example", "a"},
      {"a path under hub's key", "https://index.docker.io/v1/x", "docker.io", "library/x"},
  }));
  CAPTURE(row.name);

  CHECK(matching_credentials(with_keys({row.key}), image(row.domain, row.path)).empty());
}

TEST_CASE("the most specific credential comes first, and all that match come", "[registry]") {
  CHECK(keys(matching_credentials(
            with_keys(
                {"*.example", "r.example", "r.example/team", "r.example/team/app", "x.example"}),
            image("r.example", "team/app"))) ==
        "r.example/team/app r.example/team r.example *.example");
  // The fallback is one: it isn't used beside a match.
  CHECK(keys(matching_credentials(with_keys({"index.docker.io", "docker.io"}),
                                  image("docker.io", "library/x"))) == "docker.io");
}

TEST_CASE("the workload's credentials come before the operator's", "[registry]") {
  inspection::CredentialSet workload;
  workload.credentials = with_keys({"*.example"});
  CHECK(keys(credentials_to_try(workload, with_keys({"r.example"}), image("r.example", "a"))) ==
        "*.example r.example");
  CHECK(credentials_to_try(workload, {}, image("other", "a")).empty());
  workload.credentials = with_keys(std::vector<std::string>(100, "r.example"));
  CHECK(credentials_to_try(workload, {}, image("r.example", "a")).size() == 8);
}

TEST_CASE("fingerprints tell credentials apart and hold no secret", "[registry]") {
  const std::string one = fingerprint_of({"k", "a", "bc", ""});
  CHECK(one != fingerprint_of({"k", "ab", "c", ""}));
  CHECK(one == fingerprint_of({"other key", "a", "bc", ""}));
  CHECK(fingerprint_of({}).empty());
}

TEST_CASE("a pattern made to be slow isn't", "[registry]") {
  std::string key;
  for (int i = 0; i < 2000; ++i) {
    key += "*a";
  }
  CHECK(matching_credentials(with_keys({key + "b"}), image(std::string(4000, 'a'), "x")).empty());
}

}  // namespace leangate::registry
