#include "policy/image_reference.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::policy {

namespace {

const std::string kHex64 = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a";
const std::string kSha256 = "sha256:" + kHex64;
const std::string kSha512 = "sha512:" + kHex64 + kHex64;

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

struct Good {
  std::string name;
  std::string text;
  std::string domain;
  std::string path;
  std::string version;  // ":tag" or "@digest"
};

// The rows that distribution/reference, the kubelet's
// parsers and the clients of registries test, with the outcome after normalisation.
const auto kGood = {
    // Names without a registry
    Good{"a bare name", "redis", "docker.io", "library/redis", ":latest"},
    Good{"one letter", "a", "docker.io", "library/a", ":latest"},
    Good{"a tag", "redis:7", "docker.io", "library/redis", ":7"},
    Good{
        "an upper-case tag", "lowercase:Uppercase", "docker.io", "library/lowercase", ":Uppercase"},
    Good{"a tag of one underscore", "x:_", "docker.io", "library/x", ":_"},
    Good{"a tag of 128", "x:" + repeat("t", 128), "docker.io", "library/x", ":" + repeat("t", 128)},
    Good{"an account", "user/repo", "docker.io", "user/repo", ":latest"},
    Good{"an account and a tag", "user/repo:tag", "docker.io", "user/repo", ":tag"},
    Good{"library spelled out", "library/foo/bar", "docker.io", "library/foo/bar", ":latest"},
    Good{"a digest", "redis@" + kSha256, "docker.io", "library/redis", "@" + kSha256},
    Good{"a name with underscore", "test_com", "docker.io", "library/test_com", ":latest"},
    Good{"an account with underscore", "test_com/foo", "docker.io", "test_com/foo", ":latest"},
    Good{"a dotted name is no host",
         "foo_bar.com:8080",
         "docker.io",
         "library/foo_bar.com",
         ":8080"},
    Good{"an account with dotted name",
         "foo/foo_bar.com:8080",
         "docker.io",
         "foo/foo_bar.com",
         ":8080"},
    Good{"digits behind a name are a tag", "x:5000", "docker.io", "library/x", ":5000"},
    Good{"a host without a path is a name",
         "test.com:5000",
         "docker.io",
         "library/test.com",
         ":5000"},
    Good{"localhost alone is a name", "localhost", "docker.io", "library/localhost", ":latest"},
    Good{"localhost and digits alone",
         "localhost:8080@" + kSha256,
         "docker.io",
         "library/localhost",
         "@" + kSha256},
    Good{"an address alone is a name", "192.168.1.1:80", "docker.io", "library/192.168.1.1", ":80"},
    Good{"digits are an account", "0/x", "docker.io", "0/x", ":latest"},
    Good{"63 hexadecimal digits",
         kHex64.substr(1),
         "docker.io",
         "library/" + kHex64.substr(1),
         ":latest"},
    Good{"64 that aren't hexadecimal",
         repeat("nevr", 16),
         "docker.io",
         "library/" + repeat("nevr", 16),
         ":latest"},
    Good{"an image ID with a tag", kHex64 + ":x", "docker.io", "library/" + kHex64, ":x"},
    Good{"an image ID behind a host",
         "docker.io/" + kHex64,
         "docker.io",
         "library/" + kHex64,
         ":latest"},
    Good{"two underscores", "dock__er/docker", "docker.io", "dock__er/docker", ":latest"},
    Good{"many hyphens", "docker---rules/docker", "docker.io", "docker---rules/docker", ":latest"},
    Good{"separators of all kinds",
         "foo/project--id.module--name.ver---sion--name",
         "docker.io",
         "foo/project--id.module--name.ver---sion--name",
         ":latest"},
    Good{"single letters", "a/a/a/a", "docker.io", "a/a/a/a", ":latest"},
    Good{"a path of 255",
         repeat("a/", 127) + "a:tag-beyond",
         "docker.io",
         repeat("a/", 127) + "a",
         ":tag-beyond"},
    // Docker Hub by its names
    Good{"docker.io", "docker.io/debian", "docker.io", "library/debian", ":latest"},
    Good{"docker.io with library",
         "docker.io/library/debian:12",
         "docker.io",
         "library/debian",
         ":12"},
    Good{"index.docker.io", "index.docker.io/debian", "docker.io", "library/debian", ":latest"},
    Good{"index.docker.io, an account",
         "index.docker.io/fooo/bar",
         "docker.io",
         "fooo/bar",
         ":latest"},
    Good{"Docker.io is docker.io", "Docker.io/nginx", "docker.io", "library/nginx", ":latest"},
    Good{"INDEX.DOCKER.IO. is docker.io",
         "INDEX.DOCKER.IO./nginx",
         "docker.io",
         "library/nginx",
         ":latest"},
    Good{"docker.io with a port is another",
         "docker.io:443/nginx",
         "docker.io:443",
         "nginx",
         ":latest"},
    Good{"the API host is another registry",
         "registry-1.docker.io/library/x",
         "registry-1.docker.io",
         "library/x",
         ":latest"},
    // Other registries
    Good{"a host",
         "sub-dom1.foo.com/bar/baz/quux:some-long-tag",
         "sub-dom1.foo.com",
         "bar/baz/quux",
         ":some-long-tag"},
    Good{"a host and dotted parts",
         "b.gcr.io/test.example.com/my-app:test.example.com",
         "b.gcr.io",
         "test.example.com/my-app",
         ":test.example.com"},
    Good{"punycode",
         "xn--n3h.com:18080/myimage:xn--n3h.com",
         "xn--n3h.com:18080",
         "myimage",
         ":xn--n3h.com"},
    Good{"host and port", "url:5000/repo", "url:5000", "repo", ":latest"},
    Good{"host, port, tag, digest",
         "test:5000/repo:tag@" + kSha256,
         "test:5000",
         "repo",
         "@" + kSha256},
    Good{"sha512", "xn--7o8h.com/myimage:t@" + kSha512, "xn--7o8h.com", "myimage", "@" + kSha512},
    Good{"localhost", "localhost/repo", "localhost", "repo", ":latest"},
    Good{"localhost and port",
         "localhost:8080/name@" + kSha256,
         "localhost:8080",
         "name",
         "@" + kSha256},
    Good{"an IPv4 address", "192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", ":5050"},
    Good{"an IPv6 address", "[2001:db8::1]/repo", "[2001:db8::1]", "repo", ":latest"},
    Good{"an IPv6 address in full",
         "[2001:db8:1:2:3:4:5:6]/repo:tag",
         "[2001:db8:1:2:3:4:5:6]",
         "repo",
         ":tag"},
    Good{"an IPv6 address and port",
         "[2001:DB8::1]:5000/repo@" + kSha256,
         "[2001:db8::1]:5000",
         "repo",
         "@" + kSha256},
    Good{"an IPv6 loopback", "[::1]:5000/repo", "[::1]:5000", "repo", ":latest"},
    Good{"the lowest port", "h:1/x", "h:1", "x", ":latest"},
    Good{"the highest port", "h:65535/x", "h:65535", "x", ":latest"},
    Good{"a path of 255 behind a host",
         "example.com/" + repeat("a", 255),
         "example.com",
         repeat("a", 255),
         ":latest"},
    // Hosts are folded: DNS and credentials know no case and no root dot.
    Good{"an upper-case host", "Registry.Example:5000/x", "registry.example:5000", "x", ":latest"},
    Good{"an upper-case word is a host", "Foo/bar", "foo", "bar", ":latest"},
    Good{"a root dot", "registry.example./x", "registry.example", "x", ":latest"},
    Good{
        "a root dot and a port", "registry.example.:443/x", "registry.example:443", "x", ":latest"},
    Good{"a root dot makes a word a host", "registry./x", "registry", "x", ":latest"},
};

struct Bad {
  std::string name;
  std::string text;
  std::string reason;  // part of the sentence
};

const auto kBad = {
    Bad{"nothing", "", "empty"},
    Bad{"a tag alone", ":justtag", "name of the image is missing"},
    Bad{"a digest alone", "@" + kSha256, "name of the image is missing"},
    Bad{"a host alone", "docker.io/", "name of the image is missing"},
    Bad{"a slash alone", "/", "the part \"\""},
    Bad{"a slash in front", "/hello-world:linux", "the part \"\""},
    Bad{"a slash at the end", "a/a/a/a/", "the part \"\""},
    Bad{"an empty component", "a//a/a", "the part \"\""},
    Bad{"more empty components", "docker.io/docker///docker", "the part \"\""},
    Bad{"upper case, no host", "Uppercase:tag", "\"library/Uppercase\" has upper-case letters"},
    Bad{"upper case in the path", "docker/Docker", "\"docker/Docker\" has upper-case letters"},
    Bad{"upper case behind a host", "test:5000/Uppercase/lowercase:tag", "upper-case"},
    Bad{"upper case behind an upper-case host", "Foo/FarB", "upper-case"},
    Bad{"an image ID", kHex64, "image ID"},
    Bad{"a scheme", "https://github.com/docker/docker", "no scheme"},
    Bad{"a scheme, no path", "http://root", "no scheme"},
    Bad{"a hyphen in front", "-docker", "the part \"-docker\""},
    Bad{"a hyphen before the account", "-docker/docker", "the part \"-docker\""},
    Bad{"a hyphen behind the account", "docker-/docker", "the part \"docker-\""},
    Bad{"a hyphen in front of the name", "foo/-bar", "the part \"-bar\""},
    Bad{"a hyphen behind the name", "foo/bar-", "the part \"bar-\""},
    Bad{"an underscore in front", "_docker/_docker", "the part \"_docker\""},
    Bad{"only underscores", "____/____", "the part \"____\""},
    Bad{"three underscores", "a___b/c", "the part \"a___b\""},
    Bad{"two dots behind a host",
        "example.com/nodouble..dots/myimage",
        "the part \"nodouble..dots\""},
    Bad{"a dot in front behind a host", "example.com/.dots/myimage", "the part \".dots\""},
    Bad{"mixed separators behind a host", "example.com/dock_.er/docker", "the part \"dock_.er\""},
    Bad{"a hyphen then a dot", "example.com/dock-.er/docker", "the part \"dock-.er\""},
    Bad{"foreign characters", "aa/asdf$$^/aa", "the part \"asdf$$^\""},
    Bad{"a path of 256", "domain/" + repeat("a", 256), "263 characters"},
    Bad{"a path of 256 behind a host", "example.com/" + repeat("a", 256), "256 characters"},
    Bad{"a path of 257", repeat("a/", 128) + "a:tag", "257 characters"},
    Bad{"library makes it too long", repeat("a", 248), "256 characters"},
    Bad{"more than 4096 characters", repeat("a", 4097), "4097 characters"},
    // Hosts
    Bad{"a dot in front of a host", ".docker/docker", "the registry \".docker\""},
    Bad{"two dots in a host", "do..cker/docker", "the registry \"do..cker\""},
    Bad{"two root dots", "docker.io../x", "the registry \"docker.io..\""},
    Bad{"a dot for a host", "./x", "the registry \".\""},
    Bad{"a hyphen in front of a host", "-docker.io/docker/docker", "the registry \"-docker.io\""},
    Bad{"a hyphen behind a label", "ab-.com/x", "the registry \"ab-.com\""},
    Bad{"a hyphen before a label", "ab.-com/x", "the registry \"ab.-com\""},
    Bad{"an underscore in a host",
        "bad_hostname.com:8080/myapp:tag",
        "the registry \"bad_hostname.com:8080\""},
    Bad{"an underscore and no dot", "do__cker:8080/docker", "the registry \"do__cker:8080\""},
    Bad{"a user in a host", "user:pw@host/x", "port"},
    Bad{"port 0", "host:0/x", "port"},
    Bad{"a port beyond 65535", "host:65536/x", "port"},
    Bad{"a port of five nines", "host:99999/x", "port"},
    Bad{"a port of many digits", "host:4294967297/x", "port"},
    Bad{"a port with leading zeros", "host:00443/x", "port"},
    Bad{"no port behind the colon", "host:/x", "port"},
    Bad{"a service name for a port", "localhost:http/x", "port"},
    Bad{"an IPv6 address alone", "[2001:db8::1]", "the tag \"db8::1]\""},
    Bad{"an IPv6 address with tag alone", "[2001:db8::1]:tag", "tag"},
    Bad{"an IPv6 address without brackets", "fc00::1:5000/debian", "port"},
    Bad{"an IPv6 zone", "[fe80::1%eth0]:5000/x", "the registry \"[fe80::1%eth0]:5000\""},
    Bad{"an IPv6 zone with an at sign", "[fe80::1%@zone]:5000/x", "the registry"},
    Bad{"a dotted tail", "[2001:db8::192.0.2.33]/x", "the registry"},
    Bad{"no colon behind the brackets", "[::1]5000/x", "the registry"},
    Bad{"two colons behind the brackets", "[::1]::5000/x", "port"},
    Bad{"empty brackets", "[]/x", "the part \"[]\""},
    Bad{"brackets without an address", "[2C]/x", "the registry \"[2C]\""},
    Bad{"an open bracket", "[::1/x", "port"},
    // Tags and digests
    Bad{"an empty tag", "repo:", "the tag \"\""},
    Bad{"an empty tag beside a digest", "hello:@" + kSha256, "the tag \"\""},
    Bad{"a tag of 129", "x:" + repeat("t", 129), "the tag"},
    Bad{"a hyphen in front of a tag", "x:-foo", "the tag \"-foo\""},
    Bad{"a dot in front of a tag", "x:.foo", "the tag \".foo\""},
    Bad{"a foreign character in a tag", "x:invalid~tag", "the tag \"invalid~tag\""},
    Bad{"two tags", "x:a:b", "the tag \"a:b\""},
    Bad{"a slash in a tag", "foo/a:b/c", "the tag \"b/c\""},
    Bad{"a colon for the at sign", "h.io/x:foobar:" + kSha256, "the tag"},
    Bad{"an empty digest", "x@", "the digest \"\""},
    Bad{"no digest", "registry.com:8080/myapp@bad", "the digest \"bad\""},
    Bad{"two at signs", "x@@" + kSha256, "the digest"},
    Bad{"two digests", "x@" + kSha256 + "@" + kSha256, "the digest"},
    Bad{"a tag behind the digest", "x@" + kSha256 + ":tag", "the digest"},
    Bad{"a short digest", "repo@sha256:" + repeat("f", 34), "the digest"},
    Bad{"a digest one short", "repo@" + kSha256.substr(0, kSha256.size() - 1), "the digest"},
    Bad{"a digest one long", "repo@" + kSha256 + "0", "the digest"},
    Bad{"sha512 with 64 digits", "repo@sha512:" + kHex64, "the digest"},
    Bad{"an unknown algorithm", "validname@invaliddigest:" + repeat("f", 128), "the digest"},
    Bad{"sha384", "x@sha384:" + repeat("f", 96), "the digest"},
    Bad{"base64", "x@sha256+b64:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564", "the digest"},
    Bad{"an upper-case digest", "x@sha256:" + repeat("F", 64), "the digest"},
    Bad{"an upper-case algorithm", "x@SHA256:" + repeat("f", 64), "the digest"},
    Bad{"a digit that is none", "x@sha256:" + repeat("f", 63) + "g", "the digest"},
    // Characters
    Bad{"a trailing newline", "nginx\n", "character 6 (byte 0x0a)"},
    Bad{"a leading space", " nginx", "character 1 (byte 0x20)"},
    Bad{"a space inside", "registry.example.com/hello-world @" + kSha256, "byte 0x20"},
    Bad{"a null byte", std::string("ngi\0nx", 6), "character 4 (byte 0x00)"},
    Bad{"an escape sequence", "\x1b[31mnginx", "byte 0x1b"},
    Bad{"a delete", "nginx\x7f", "byte 0x7f"},
    Bad{"UTF-8", "\xc3\xa9/x", "byte 0xc3"},
};

}  // namespace

TEST_CASE("a reference is read and normalised as the container runtime does", "[policy]") {
  for (const Good& row : kGood) {
    DYNAMIC_SECTION(row.name) {
      CAPTURE(row.text);
      const auto reference = parse_image_reference(row.text);
      REQUIRE(reference);
      CHECK(reference->domain == row.domain);
      CHECK(reference->path == row.path);
      CHECK((reference->digest ? "@" + *reference->digest : ":" + reference->tag.value_or("?")) ==
            row.version);
      CHECK(reference->tag.has_value() != reference->digest.has_value());
    }
  }
}

TEST_CASE("a reference printed is read back as the same", "[policy]") {
  for (const Good& row : kGood) {
    DYNAMIC_SECTION(row.name) {
      const auto reference = parse_image_reference(row.text);
      REQUIRE(reference);
      const auto again = parse_image_reference(reference->str());
      REQUIRE(again);
      CHECK(*again == *reference);
      CHECK(again->str() == reference->str());
    }
  }
}

TEST_CASE("what is no reference is refused with the reason", "[policy]") {
  for (const Bad& row : kBad) {
    DYNAMIC_SECTION(row.name) {
      CAPTURE(row.text);
      const auto reference = parse_image_reference(row.text);
      REQUIRE_FALSE(reference);
      CHECK_THAT(reference.error(), Catch::Contains(row.reason));
    }
  }
}

TEST_CASE("a message repeats at most 80 characters of a wrong part", "[policy]") {
  const auto reference = parse_image_reference("x:" + repeat("t", 4000));
  REQUIRE_FALSE(reference);
  CHECK_THAT(reference.error(), Catch::Contains("\"" + repeat("t", 80) + "...\""));
}

TEST_CASE("a reference is printed in full", "[policy]") {
  CHECK(parse_image_reference("python")->str() == "docker.io/library/python:latest");
  CHECK(parse_image_reference("python:3.13@" + kSha256)->str() ==
        "docker.io/library/python@" + kSha256);
  CHECK(parse_image_reference("python:3.13")->repository() == "docker.io/library/python");
}

TEST_CASE("a host that looks like an account is printed with its root dot", "[policy]") {
  // "foo/bar" would be read as an account of Docker Hub: another image.
  CHECK(parse_image_reference("FOO/bar:1")->str() == "foo./bar:1");
  CHECK(parse_image_reference("FOO/bar:1")->repository() == "foo./bar");
  CHECK(parse_image_reference("foo:5000/bar:1")->str() == "foo:5000/bar:1");
  CHECK(parse_image_reference("localhost/bar:1")->str() == "localhost/bar:1");
}

TEST_CASE("another host for unqualified names gets no library", "[policy]") {
  CHECK(parse_image_reference("python", "mirror.example")->str() == "mirror.example/python:latest");
  CHECK(parse_image_reference("ml/api:2", "mirror.example:5000")->str() ==
        "mirror.example:5000/ml/api:2");
  CHECK(parse_image_reference("docker.io/python", "mirror.example")->str() ==
        "docker.io/library/python:latest");
  CHECK(parse_image_reference("python", "mirror")->str() == "mirror./python:latest");
}

TEST_CASE("a registry host is read into the form of a domain", "[policy]") {
  CHECK(parse_registry_host("Registry.Example.:5000").value() == "registry.example:5000");
  CHECK(parse_registry_host("registry").value() == "registry");
  CHECK(parse_registry_host("index.docker.io").value() == "docker.io");
  CHECK(parse_registry_host("[::1]:5000").value() == "[::1]:5000");
}

TEST_CASE("what is no registry host is refused", "[policy]") {
  const auto text = GENERATE(as<std::string>{},
                             "",
                             "https://registry.example",
                             "registry.example/path",
                             "registry.example:0",
                             "registry example",
                             "*.example",
                             "user@registry.example");
  CAPTURE(text);
  CHECK_FALSE(parse_registry_host(text));
}

TEST_CASE("a digest is sha256 or sha512 with lower-case hexadecimal digits", "[policy]") {
  CHECK(is_digest(kSha256));
  CHECK(is_digest(kSha512));
  const auto text = GENERATE_COPY(as<std::string>{},
                                  "",
                                  "     ",
                                  ":",
                                  "sha256:",
                                  kHex64,
                                  "sha256:" + repeat(" ", 64),
                                  "sha256:abcdef0123456789",
                                  kSha256 + "\n",
                                  "sha512:" + kHex64,
                                  "sha256:" + kHex64 + kHex64,
                                  "blake3:" + kHex64,
                                  "sha256:" + repeat("A", 64),
                                  "sha256:../../../../" + repeat("a", 52));
  CAPTURE(text);
  CHECK_FALSE(is_digest(text));
}

}  // namespace leangate::policy
