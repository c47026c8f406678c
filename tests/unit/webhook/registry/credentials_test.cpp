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
  FixedCredentials operators{with_keys({"r.example"})};
  const auto tried = [&](CredentialSource* source, const std::string& domain) {
    return credentials_to_try(workload, source, image(domain, "a"), Deadline::max()).credentials;
  };
  CHECK(keys(tried(&operators, "r.example")) == "*.example r.example");
  CHECK(tried(nullptr, "other").empty());
  workload.credentials = with_keys(std::vector<std::string>(100, "r.example"));
  CHECK(tried(&operators, "r.example").size() == 8);
}

namespace {

struct Glob {
  std::string key;
  std::string domain;
  std::string path;
};

}  // namespace

// The vectors of the kubelet's TestUrlsMatch and TestDockerKeyringForGlob, as facts: the same key
// must match the same image here. Images end in /foo/bar where upstream's lookup adds it.
TEST_CASE("the kubelet's own keys match the kubelet's own images", "[registry]") {
  const auto row = GENERATE(values<Glob>({
      {"*.kubernetes.io", "prefix.kubernetes.io", "x"},
      {"prefix.*.io", "prefix.kubernetes.io", "x"},
      {"prefix.kubernetes.*", "prefix.kubernetes.io", "x"},
      {"*-good.kubernetes.io", "prefix-good.kubernetes.io", "x"},
      {"*.kubernetes.io/blah", "prefix.kubernetes.io", "blah"},
      {"prefix.*.io/foo", "prefix.kubernetes.io", "foo/bar"},
      {"*.kubernetes.io:1111/blah", "prefix.kubernetes.io:1111", "blah"},
      {"prefix.*.io:1111/foo", "prefix.kubernetes.io:1111", "foo/bar"},
      {"https://hello.kubernetes.io", "hello.kubernetes.io", "foo/bar"},
      {"https://*.docker.io", "prefix.docker.io", "foo/bar"},
      {"https://prefix.*.io", "prefix.docker.io", "foo/bar"},
      {"https://prefix.docker.*", "prefix.docker.io", "foo/bar"},
      {"https://*.docker.io/path", "prefix.docker.io", "path/foo/bar"},
      {"https://prefix.*.io/path", "prefix.docker.io", "path/subpath/foo/bar"},
      {"https://prefix.docker.*/path", "prefix.docker.io", "path/foo/bar"},
      {"https://*.docker.io:8888", "prefix.docker.io:8888", "foo/bar"},
      {"https://prefix.*.io:8888", "prefix.docker.io:8888", "foo/bar"},
      {"https://prefix.docker.*:8888", "prefix.docker.io:8888", "foo/bar"},
      {"https://*.docker.io/path:1111", "prefix.docker.io", "path:1111/foo/bar"},
      {"https://*.docker.io/v1/", "prefix.docker.io", "path:1111/foo/bar"},
      {"https://*.docker.io/v2/", "prefix.docker.io", "path:1111/foo/bar"},
      {"https://prefix.docker.*/path:1111", "prefix.docker.io", "path:1111/foo/bar"},
      {"prefix.docker.io:1111", "prefix.docker.io:1111", "path/foo/bar"},
      {"*.docker.io:1111", "prefix.docker.io:1111", "path/foo/bar"},
      // TestIssue3797
      {"https://quay.io/v1/", "quay.io", "foo"},
      {"https://quay.io/v1/", "quay.io", "foo/bar"},
      // TestKeyringHitWith...DockerHub, on the names as they are normalised
      {"https://index.docker.io/v1/", "docker.io", "google/docker-registry"},
      {"https://index.docker.io/v1/", "docker.io", "library/jenkins"},
  }));
  CAPTURE(row.key, row.domain, row.path);
  CHECK(matching_credentials(with_keys({row.key}), image(row.domain, row.path)).size() == 1);
}

TEST_CASE("the kubelet's own misses are misses", "[registry]") {
  const auto row = GENERATE(values<Glob>({
      {"*.kubernetes.io", "kubernetes.io", "x"},
      {"*.*.kubernetes.io", "prefix.kubernetes.io", "x"},
      {"*.*.kubernetes.io", "kubernetes.io", "x"},
      {"kubernetes.io", "kubernetes.com", "x"},
      {"k*.io", "quay.io", "x"},
      {"*.kubernetes.io:1234/blah", "prefix.kubernetes.io:1111", "blah"},
      {"prefix.*.io/foo", "prefix.kubernetes.io:1111", "foo/bar"},
      {"https://hello.kubernetes.io", "world.mesos.org", "foo/bar"},
      {"https://*.docker.com", "prefix.docker.io", "foo/bar"},
      {"https://suffix.*.io", "prefix.docker.io", "foo/bar"},
      {"https://prefix.docker.c*", "prefix.docker.io", "foo/bar"},
      {"https://prefix.*.io/path:1111", "prefix.docker.io", "path/subpath:1111/foo/bar"},
      {"suffix.*.io", "prefix.docker.io", "foo/bar"},
      {"https://index.docker.io/v1/", "world.mesos.org", "foo/bar"},
  }));
  CAPTURE(row.key, row.domain, row.path);
  CHECK(matching_credentials(with_keys({row.key}), image(row.domain, row.path)).empty());
}

// TestDockerKeyringLookup
TEST_CASE("a host's key and a path's key are both tried, the path's first", "[registry]") {
  const auto found = [](const std::string& domain, const std::string& path) {
    return keys(matching_credentials(with_keys({"bar.example.com/pong", "bar.example.com"}),
                                     image(domain, path)));
  };
  CHECK(found("bar.example.com", "pong") == "bar.example.com/pong bar.example.com");
  CHECK(found("bar.example.com", "pongz") == "bar.example.com/pong bar.example.com");
  CHECK(found("bar.example.com", "pong/pang") == "bar.example.com/pong bar.example.com");
  CHECK(found("bar.example.com", "ping") == "bar.example.com");
  CHECK(found("example.com", "pong").empty());
  CHECK(found("foo.example.com", "pong").empty());
}

TEST_CASE("fingerprints tell credentials apart and hold no secret", "[registry]") {
  const std::string one = fingerprint_of({"k", "a", "bc", ""});
  CHECK(one != fingerprint_of({"k", "ab", "c", ""}));
  CHECK(one == fingerprint_of({"other key", "a", "bc", "", "another source"}));
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
