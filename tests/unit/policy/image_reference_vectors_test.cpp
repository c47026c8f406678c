// The references that other clients test themselves with, one test a test of theirs, with what a
// kubelet makes of them: "DOMAIN PATH :TAG" or "DOMAIN PATH @DIGEST", and "-" for an error. Where
// another client does otherwise than the kubelet and containerd, the row says so.
#include <string>
#include <vector>

#include "policy/image_reference.h"
#include "tests/support/catch.h"

namespace leangate::policy {
namespace {

const std::string kHex = std::string(64, 'f');
const std::string kAt = "@sha256:" + kHex;
const std::string kAt512 = "@sha512:" + kHex + kHex;

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

std::string outcome(const std::string& text) {
  const auto reference = parse_image_reference(text);
  return reference ? reference->domain + " " + reference->path + " " +
                         (reference->digest ? "@" + *reference->digest
                                            : ":" + reference->tag.value_or(""))
                   : std::string{"-"};
}

struct Row {
  std::string text;
  std::string expected;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(outcome(row.text) == row.expected);
  }
}

void check_bad(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(outcome(text) == "-");
  }
}

}  // namespace

TEST_CASE("reference vectors: distribution's TestReferenceParse", "[policy][vectors]") {
  check({
      {"test_com", "docker.io library/test_com :latest"},
      {"test.com:tag", "docker.io library/test.com :tag"},
      {"test.com:5000", "docker.io library/test.com :5000"},
      {"test.com/repo:tag", "test.com repo :tag"},
      {"test:5000/repo", "test:5000 repo :latest"},
      {"test:5000/repo:tag", "test:5000 repo :tag"},
      {"test:5000/repo" + kAt, "test:5000 repo " + kAt},
      {"test:5000/repo:tag" + kAt, "test:5000 repo " + kAt},
      {"", "-"},
      {":justtag", "-"},
      {kAt, "-"},
      {"repo@sha256:" + std::string(34, 'f'), "-"},
      {"validname@invaliddigest:" + kHex + kHex, "-"},
      {"Uppercase:tag", "-"},
      {"Uppercase/lowercase:tag", "uppercase lowercase :tag"},
      {"test:5000/Uppercase/lowercase:tag", "-"},
      {"lowercase:Uppercase", "docker.io library/lowercase :Uppercase"},
      {repeat("a/", 128) + "a:tag", "-"},
      {repeat("a/", 127) + "a:tag-puts-this-over-max",
       "docker.io " + repeat("a/", 127) + "a :tag-puts-this-over-max"},
      {"aa/asdf$$^/aa", "-"},
      {"sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com bar/baz/quux :latest"},
      {"sub-dom1.foo.com/bar/baz/quux:some-long-tag",
       "sub-dom1.foo.com bar/baz/quux :some-long-tag"},
      {"b.gcr.io/test.example.com/my-app:test.example.com",
       "b.gcr.io test.example.com/my-app :test.example.com"},
      {"xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com myimage :xn--n3h.com"},
      {"xn--7o8h.com/myimage:xn--7o8h.com" + kAt512, "xn--7o8h.com myimage " + kAt512},
      {"foo_bar.com:8080", "docker.io library/foo_bar.com :8080"},
      {"foo/foo_bar.com:8080", "docker.io foo/foo_bar.com :8080"},
      {"192.168.1.1", "docker.io library/192.168.1.1 :latest"},
      {"192.168.1.1:tag", "docker.io library/192.168.1.1 :tag"},
      {"192.168.1.1:5000", "docker.io library/192.168.1.1 :5000"},
      {"192.168.1.1/repo", "192.168.1.1 repo :latest"},
      {"192.168.1.1:5000/repo", "192.168.1.1:5000 repo :latest"},
      {"192.168.1.1:5000/repo:5050", "192.168.1.1:5000 repo :5050"},
      {"[2001:db8::1]", "-"},
      {"[2001:db8::1]:5000", "-"},
      {"[2001:db8::1]:tag", "-"},
      {"[2001:db8::1]/repo", "[2001:db8::1] repo :latest"},
      {"[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6] repo :tag"},
      {"[2001:db8::1]:5000/repo", "[2001:db8::1]:5000 repo :latest"},
      {"[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000 repo :tag"},
      {"[2001:db8::1]:5000/repo" + kAt, "[2001:db8::1]:5000 repo " + kAt},
      {"[2001:db8::1]:5000/repo:tag" + kAt, "[2001:db8::1]:5000 repo " + kAt},
      {"[2001:db8::]:5000/repo", "[2001:db8::]:5000 repo :latest"},
      {"[::1]:5000/repo", "[::1]:5000 repo :latest"},
      {"[fe80::1%eth0]:5000/repo", "-"},
      {"[fe80::1%@invalidzone]:5000/repo", "-"},
  });
}

TEST_CASE("reference vectors: distribution's TestWithNameFailure", "[policy][vectors]") {
  check_bad({"",
             ":justtag",
             kAt,
             "validname@invaliddigest:" + kHex,
             repeat("a/", 128) + "a",
             "aa/asdf$$^/aa"});
}

TEST_CASE("reference vectors: distribution's TestDomainAndPath and TestNormalizedSplitHostname",
          "[policy][vectors]") {
  check({
      {"test.com/foo", "test.com foo :latest"},
      {"test_com/foo", "docker.io test_com/foo :latest"},
      {"test:8080/foo", "test:8080 foo :latest"},
      {"docker/migrator", "docker.io docker/migrator :latest"},
      {"test.com:8080/foo", "test.com:8080 foo :latest"},
      {"test-com:8080/foo", "test-com:8080 foo :latest"},
      {"foo", "docker.io library/foo :latest"},
      {"xn--n3h.com/foo", "xn--n3h.com foo :latest"},
      {"xn--n3h.com:18080/foo", "xn--n3h.com:18080 foo :latest"},
      {"docker.io/foo", "docker.io library/foo :latest"},
      {"docker.io/library/foo", "docker.io library/foo :latest"},
      {"docker.io/library/foo/bar", "docker.io library/foo/bar :latest"},
  });
}

TEST_CASE("reference vectors: distribution's TestSerialization, TestWithTag and TestWithDigest",
          "[policy][vectors]") {
  check({
      {"example.com:8000/named", "example.com:8000 named :latest"},
      {"example.com:8000/named:tagged", "example.com:8000 named :tagged"},
      {"other.com/named" + kAt, "other.com named " + kAt},
      {"test.com/foo:tag", "test.com foo :tag"},
      {"foo:tag2", "docker.io library/foo :tag2"},
      {"test.com:8000/foo:TAG5", "test.com:8000 foo :TAG5"},
      {"test.com:8000/foo:TAG5" + kAt, "test.com:8000 foo " + kAt},
      // Built from parts these pass upstream; no parser reads them.
      {"test.com:8000/foo:TAG5@sha256:1234567890098765432112345667890098765", "-"},
  });
}

TEST_CASE("reference vectors: distribution's TestValidateReferenceName", "[policy][vectors]") {
  const std::string image_id = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a";
  const std::string song = "thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev";
  check({
      {"docker/docker", "docker.io docker/docker :latest"},
      {"library/debian", "docker.io library/debian :latest"},
      {"debian", "docker.io library/debian :latest"},
      {"docker.io/docker/docker", "docker.io docker/docker :latest"},
      {"docker.io/library/debian", "docker.io library/debian :latest"},
      {"docker.io/debian", "docker.io library/debian :latest"},
      {"index.docker.io/docker/docker", "docker.io docker/docker :latest"},
      {"index.docker.io/library/debian", "docker.io library/debian :latest"},
      {"index.docker.io/debian", "docker.io library/debian :latest"},
      {"127.0.0.1:5000/docker/docker", "127.0.0.1:5000 docker/docker :latest"},
      {"127.0.0.1:5000/library/debian", "127.0.0.1:5000 library/debian :latest"},
      {"127.0.0.1:5000/debian", "127.0.0.1:5000 debian :latest"},
      {"192.168.0.1", "docker.io library/192.168.0.1 :latest"},
      {"192.168.0.1:80", "docker.io library/192.168.0.1 :80"},
      {"192.168.0.1:8/debian", "192.168.0.1:8 debian :latest"},
      {"192.168.0.2:25000/debian", "192.168.0.2:25000 debian :latest"},
      {song, "docker.io library/" + song + " :latest"},
      {"[fc00::1]:5000/docker", "[fc00::1]:5000 docker :latest"},
      {"[fc00::1]:5000/docker/docker", "[fc00::1]:5000 docker/docker :latest"},
      {"[fc00:1:2:3:4:5:6:7]:5000/library/debian",
       "[fc00:1:2:3:4:5:6:7]:5000 library/debian :latest"},
      {"docker.io/" + image_id, "docker.io library/" + image_id + " :latest"},
      {"Docker/docker", "docker docker :latest"},
      {"DOCKER/docker", "docker docker :latest"},
  });
  check_bad({"https://github.com/docker/docker",
             "docker/Docker",
             "-docker",
             "-docker/docker",
             "-docker.io/docker/docker",
             "docker///docker",
             "docker.io/docker/Docker",
             "docker.io/docker///docker",
             "[fc00::1]",
             "[fc00::1]:5000",
             "fc00::1:5000/debian",
             "[fe80::1%eth0]:5000/debian",
             "[2001:db8:3:4::192.0.2.33]:5000/debian",
             image_id});
}

TEST_CASE("reference vectors: distribution's TestValidateRemoteName", "[policy][vectors]") {
  check({
      {"docker-rules/docker", "docker.io docker-rules/docker :latest"},
      {"docker---rules/docker", "docker.io docker---rules/docker :latest"},
      {"doc/docker", "docker.io doc/docker :latest"},
      {"d/docker", "docker.io d/docker :latest"},
      {"jess/t", "docker.io jess/t :latest"},
      {"dock__er/docker", "docker.io dock__er/docker :latest"},
  });
  check_bad({"docker/Docker",
             "docker///docker",
             "-docker/docker",
             "docker-/docker",
             "-docker-/docker",
             "____/____",
             "_docker/_docker",
             "dock..er/docker",
             "dock_.er/docker",
             "dock-.er/docker",
             "docker/",
             repeat("this_is_too_long_", 16) + "x/docker"});
}

TEST_CASE("reference vectors: distribution's TestParseRepositoryInfo", "[policy][vectors]") {
  check({
      {"fooo/bar", "docker.io fooo/bar :latest"},
      {"docker.io/fooo/bar", "docker.io fooo/bar :latest"},
      {"index.docker.io/fooo/bar", "docker.io fooo/bar :latest"},
      {"ubuntu", "docker.io library/ubuntu :latest"},
      {"docker.io/library/ubuntu", "docker.io library/ubuntu :latest"},
      {"library/ubuntu", "docker.io library/ubuntu :latest"},
      {"nonlibrary/ubuntu", "docker.io nonlibrary/ubuntu :latest"},
      {"other/library", "docker.io other/library :latest"},
      {"127.0.0.1:8000/private/moonbase", "127.0.0.1:8000 private/moonbase :latest"},
      {"127.0.0.1:8000/privatebase", "127.0.0.1:8000 privatebase :latest"},
      {"example.com/private/moonbase", "example.com private/moonbase :latest"},
      {"example.com/privatebase", "example.com privatebase :latest"},
      {"example.com:8000/private/moonbase", "example.com:8000 private/moonbase :latest"},
      {"example.com:8000/privatebasee", "example.com:8000 privatebasee :latest"},
      {"ubuntu-12.04-base", "docker.io library/ubuntu-12.04-base :latest"},
      {"index.docker.io/library/ubuntu-12.04-base", "docker.io library/ubuntu-12.04-base :latest"},
      {"docker.io/foo", "docker.io library/foo :latest"},
      {"library/foo/bar", "docker.io library/foo/bar :latest"},
      {"store/foo/bar", "docker.io store/foo/bar :latest"},
      // Upstream keeps the letter case of a host; DNS and credentials know none.
      {"Foo/bar", "foo bar :latest"},
      {"FOO/bar", "foo bar :latest"},
  });
}

TEST_CASE("reference vectors: distribution's TestParseReferenceWithTagAndDigest and ...DockerRef",
          "[policy][vectors]") {
  check({
      {"busybox:latest" + kAt, "docker.io library/busybox " + kAt},
      {"busybox", "docker.io library/busybox :latest"},
      {"busybox:1", "docker.io library/busybox :1"},
      {"busybox" + kAt, "docker.io library/busybox " + kAt},
      {"gcr.io/library/busybox", "gcr.io library/busybox :latest"},
      {"gcr.io/library/busybox:latest" + kAt, "gcr.io library/busybox " + kAt},
  });
  check_bad({"-foo", "busybox:-foo", "busybox@foo"});
}

TEST_CASE("reference vectors: distribution's TestParseAnyReference", "[policy][vectors]") {
  const std::string identifier(64, 'd');
  check({
      {"redis", "docker.io library/redis :latest"},
      {"redis:latest", "docker.io library/redis :latest"},
      {"docker.io/library/redis:latest", "docker.io library/redis :latest"},
      {"redis" + kAt, "docker.io library/redis " + kAt},
      {"docker.io/library/redis" + kAt, "docker.io library/redis " + kAt},
      {"dmcgowan/myapp", "docker.io dmcgowan/myapp :latest"},
      {"docker.io/mcgowan/myapp:latest", "docker.io mcgowan/myapp :latest"},
      {identifier.substr(1), "docker.io library/" + identifier.substr(1) + " :latest"},
      {"dbcc1", "docker.io library/dbcc1 :latest"},
      // Identifiers of images on a node; a kubelet pulls by names.
      {identifier, "-"},
      {"sha256:" + identifier, "docker.io library/sha256 :" + identifier},
  });
}

TEST_CASE("reference vectors: distribution's TestDomainRegexp", "[policy][vectors]") {
  for (const char* good : {"test.com",
                           "test.com:10304",
                           "localhost",
                           "localhost:8080",
                           "a.b",
                           "ab.cd.com",
                           "a-b.com",
                           "ab.c-om",
                           "0101.com",
                           "001a.com",
                           "b.gbc.io:443",
                           "xn--n3h.com",
                           "asdf.com",
                           "[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:7505"}) {
    CAPTURE(good);
    CHECK(outcome(std::string{good} + "/x") == std::string{good} + " x :latest");
  }
  // "a" alone is a Docker Hub account when it is normalised.
  check({{"a/x", "docker.io a/x :latest"}, {"Asdf.com/x", "asdf.com x :latest"}});
  for (const char* bad : {"test.com:http",
                          "-ab.com",
                          "ab-.com",
                          "ab.-com",
                          "ab.com-",
                          "[fd00:1:2::3]75050",
                          "[fd00:1:2::3]::75050",
                          "[fd00:1:2::3%eth0]:75050",
                          "fd00:1:2::3:75050",
                          // These pass upstream's expression, and no connection can be made.
                          "192.168.1.1:75050",
                          "192.168.1.1:750050",
                          "[fd00:1:2::3]:75050",
                          "[fd00123123123]:7505",
                          "[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:750505"}) {
    CAPTURE(bad);
    CHECK(outcome(std::string{bad} + "/x") == "-");
  }
}

TEST_CASE("reference vectors: distribution's TestFullNameRegexp", "[policy][vectors]") {
  check({
      {"short", "docker.io library/short :latest"},
      {"simple/name", "docker.io simple/name :latest"},
      {"docker/stevvooe/app", "docker.io docker/stevvooe/app :latest"},
      {"aa/aa/bb/bb/bb", "docker.io aa/aa/bb/bb/bb :latest"},
      {"a/a/a/a", "docker.io a/a/a/a :latest"},
      {"a/aa", "docker.io a/aa :latest"},
      {"a/aa/a", "docker.io a/aa/a :latest"},
      {"foo.com", "docker.io library/foo.com :latest"},
      {"foo.com:8080/bar", "foo.com:8080 bar :latest"},
      {"foo.com/bar/baz", "foo.com bar/baz :latest"},
      {"localhost:8080/bar", "localhost:8080 bar :latest"},
      {"blog.foo.com/bar/baz", "blog.foo.com bar/baz :latest"},
      {"aa-a/a", "docker.io aa-a/a :latest"},
      {"foo_bar", "docker.io library/foo_bar :latest"},
      {"foo.com/foo_bar", "foo.com foo_bar :latest"},
      {"do__cker/docker", "docker.io do__cker/docker :latest"},
      {"example.com/xn--7o8h.com/myimage", "example.com xn--7o8h.com/myimage :latest"},
      {"example.com/some_separator__underscore/myimage",
       "example.com some_separator__underscore/myimage :latest"},
      {"registry.io/foo/project--id.module--name.ver---sion--name",
       "registry.io foo/project--id.module--name.ver---sion--name :latest"},
      {"Asdf.com/foo/bar", "asdf.com foo/bar :latest"},
      // A root dot is refused upstream; here it says "a host", as in regclient.
      {"docker./docker", "docker docker :latest"},
  });
  check_bad({"",
             "a/a/a/a/",
             "a//a/a",
             "foo.com/",
             "foo.com:http/bar",
             "a^a",
             "aa/asdf$$^/aa",
             "asdf$$^/aa",
             "a-/a/a/a",
             "foo.com/a-/a/a",
             "-foo/bar",
             "foo/bar-",
             "foo-/bar",
             "foo/-bar",
             "_foo/bar",
             "foo_bar.com:8080/app",
             "____/____",
             "_docker/_docker",
             "docker_/docker_",
             "example.com/__underscore/myimage",
             "example.com/..dots/myimage",
             "example.com/.dots/myimage",
             "example.com/nodouble..dots/myimage",
             ".docker/docker",
             "docker-/docker",
             "-docker/docker",
             "do..cker/docker",
             "do__cker:8080/docker",
             "Foo/FarB"});
}

TEST_CASE("reference vectors: distribution's TestReferenceRegexp and TestIdentifierRegexp",
          "[policy][vectors]") {
  check({
      {"registry.com:8080/myapp:tag", "registry.com:8080 myapp :tag"},
      {"registry.com:8080/myapp" + kAt, "registry.com:8080 myapp " + kAt},
      {"registry.com:8080/myapp:tag2" + kAt, "registry.com:8080 myapp " + kAt},
      {"localhost:8080" + kAt, "docker.io library/localhost " + kAt},
      {"localhost:8080/name" + kAt, "localhost:8080 name " + kAt},
      {"localhost" + kAt, "docker.io library/localhost " + kAt},
      {std::string(60, 'd'), "docker.io library/" + std::string(60, 'd') + " :latest"},
      {std::string(67, 'd'), "docker.io library/" + std::string(67, 'd') + " :latest"},
  });
  check_bad({"registry.com:8080/myapp@sha256:badbadbadbad",
             "registry.com:8080/myapp:invalid~tag",
             "bad_hostname.com:8080/myapp:tag",
             "localhost:http/name" + kAt,
             "registry.com:8080/myapp@bad",
             "registry.com:8080/myapp@2bad",
             std::string(64, 'd'),
             std::string(64, 'D')});
}

TEST_CASE("reference vectors: the kubelet's TestParseImageName", "[policy][vectors]") {
  check({
      {"root", "docker.io library/root :latest"},
      {"root:tag", "docker.io library/root :tag"},
      {"root" + kAt, "docker.io library/root " + kAt},
      {"user/repo", "docker.io user/repo :latest"},
      {"user/repo:tag", "docker.io user/repo :tag"},
      {"user/repo" + kAt, "docker.io user/repo " + kAt},
      {"url:5000/repo", "url:5000 repo :latest"},
      {"url:5000/repo:tag", "url:5000 repo :tag"},
      {"url:5000/repo" + kAt, "url:5000 repo " + kAt},
      {"url:5000/repo:latest" + kAt, "url:5000 repo " + kAt},
      {"ROOT", "-"},
      {"http://root", "-"},
      {kHex, "-"},
  });
}

TEST_CASE("reference vectors: regclient's TestRef", "[policy][vectors]") {
  check({
      {"alpine", "docker.io library/alpine :latest"},
      {"docker.io/alpine", "docker.io library/alpine :latest"},
      {"regclient/regctl:edge", "docker.io regclient/regctl :edge"},
      {"index.docker.io/library/alpine", "docker.io library/alpine :latest"},
      // regclient takes the API's host for docker.io, a kubelet doesn't.
      {"registry-1.docker.io/library/alpine", "registry-1.docker.io library/alpine :latest"},
      {"example.com/group/image:v42", "example.com group/image :v42"},
      {"EXAMPLE/group-image:V42", "example group-image :V42"},
      {"Example-1/image:1.0-BETA", "example-1 image :1.0-BETA"},
      {"example-A/group/image:v42", "example-a group/image :v42"},
      {"example./g/roup/image:a", "example g/roup/image :a"},
      {"example.:5000/g/roup/image:a", "example:5000 g/roup/image :a"},
      {"example.com:5000/g/roup/image:a", "example.com:5000 g/roup/image :a"},
      {"e.xample.co/g/roup/image:a", "e.xample.co g/roup/image :a"},
      {"e.xample.co/g-r.o__u_p/im----age:a", "e.xample.co g-r.o__u_p/im----age :a"},
      {"localhost/group/image:v42", "localhost group/image :v42"},
      {"localhost:5000/group/image:v42", "localhost:5000 group/image :v42"},
      {"127.0.0.1:5000/image:v42", "127.0.0.1:5000 image :v42"},
      {"registry:5000/group/image" + kAt, "registry:5000 group/image " + kAt},
      // An error of regclient's, a name on Docker Hub for a kubelet.
      {"localhost:5000", "docker.io library/localhost :5000"},
  });
  check_bad({"ocifile://path/to/file.tgz",
             "ocidir://path/to/dir",
             "unknown://repo:tag",
             "-docker.io/project/image:tag",
             "docker-.io/project/image:tag",
             "docker.io/Upper/Case/Repo:tag",
             "project/-image:tag",
             "project/image-:tag",
             "project/image___x:tag",
             "project/star*:tag",
             "project/image:tag^1",
             "project/image@sha256:12345",
             "project/image@sha256:gggg" + std::string(60, '1')});
}

TEST_CASE("reference vectors: oras-go's TestParseReferenceGoodies and ...Uglies",
          "[policy][vectors]") {
  for (const std::string host :
       {"localhost", "registry.example.com", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"}) {
    check({
        {host + "/hello-world" + kAt, host + " hello-world " + kAt},
        {host + "/hello-world:v2" + kAt, host + " hello-world " + kAt},
        {host + "/hello-world:v1", host + " hello-world :v1"},
        {host + "/hello-world", host + " hello-world :latest"},
        // oras-go overlooks an empty tag before a digest; the grammar doesn't.
        {host + "/hello-world:" + kAt, "-"},
    });
  }
  check_bad({"/hello-world:linux",
             "localhost/UPPERCASE/test",
             "localhost:v1/hello-world",
             "registry.example.com/foobar" + kAt.substr(0, kAt.size() - 1),
             "registry.example.com/hello-world:foobar:" + kAt.substr(1),
             "registry.example.com/hello-world@" + kAt,
             "registry.example.com/hello-world " + kAt,
             "invalid registry/hello-world:v1.0.0",
             "registry.example.com/INVALID_REPO",
             "registry.example.com/hello-world:INVALID_TAG!"});
  // No registry in front: an error there, Docker Hub here.
  check({{"localhost", "docker.io library/localhost :latest"},
         {"hello-world:linux", "docker.io library/hello-world :linux"}});
}

}  // namespace leangate::policy
