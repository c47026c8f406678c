#include "policy/glob.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::policy {

namespace {

const std::string kDigest = "@sha256:" + std::string(64, 'f');

bool matches(const std::string& pattern, const std::string& reference) {
  const auto glob = Glob::compile(pattern);
  const auto parsed = parse_image_reference(reference);
  REQUIRE(glob);
  REQUIRE(parsed);
  return glob->matches(*parsed);
}

struct Row {
  std::string name;
  std::string pattern;
  std::string reference;
};

}  // namespace

TEST_CASE("a glob matches", "[policy]") {
  const auto row = GENERATE(values<Row>({
      {"a repository and any tag", "docker.io/library/python", "python:3.13"},
      {"a repository and any digest", "docker.io/library/python", "python" + kDigest},
      {"a whole reference", "docker.io/library/python:3.13", "python:3.13"},
      {"stars around a word in the tag", "docker.io/library/python:*-slim*", "python:3.13-slim"},
      {"stars for nothing", "docker.io/library/python:*slim*", "python:slim"},
      {"a star for a component", "gcr.io/*/static", "gcr.io/distroless/static"},
      {"a star for a part", "gcr.io/dist*/st*ic", "gcr.io/distroless/static"},
      {"two stars for what follows", "gcr.io/distroless/**", "gcr.io/distroless/a/b:c"},
      {"two stars for one component", "gcr.io/**", "gcr.io/a"},
      {"two stars in the middle", "gcr.io/**/base", "gcr.io/a/b/c/base"},
      {"two stars in front", "**/base:1", "gcr.io/a/base:1"},
      {"two stars alone", "**", "python"},
      {"two stars with a word", "**slim**", "docker.io/a/my-slim-image/x"},
      {"stars of both kinds", "gcr.io/**/a*c/d", "gcr.io/abc/x/abbc/d"},
      {"the first try isn't the last", "gcr.io/*ab", "gcr.io/ababab"},
      {"back to two stars across components", "gcr.io/**/x*z", "gcr.io/x/y/xz"},
      {"a port is no tag", "registry.example:5000/*", "registry.example:5000/x:1"},
      {"a port and a tag", "registry.example:5000/*:1", "registry.example:5000/x:1"},
      {"any tag", "docker.io/library/python:*", "python"},
      {"upper case in the tag", "docker.io/library/python:RC*", "python:RC1"},
      {"any digest", "docker.io/library/python@*", "python" + kDigest},
      {"a digest", "docker.io/library/python" + kDigest, "python" + kDigest},
      {"a host by its root dot", "registry./*", "registry./python"},
  }));
  DYNAMIC_SECTION(row.name) {
    CHECK(matches(row.pattern, row.reference));
  }
}

TEST_CASE("a glob doesn't match", "[policy]") {
  const auto row = GENERATE(values<Row>({
      {"a longer name", "docker.io/library/python", "python3"},
      {"a shorter name", "docker.io/library/python", "docker.io/library/pyth"},
      {"another registry in front",
       "docker.io/library/python",
       "evil.example/docker.io/library/python"},
      {"a name without a registry", "python", "python"},
      {"a star across components", "gcr.io/*", "gcr.io/distroless/static"},
      {"a star into the path", "gcr.*/static", "gcr.io/distroless/static"},
      {"two stars where the slash lacks", "gcr.io/distroless/**", "gcr.io/distroless"},
      {"another tag", "docker.io/library/python:3.13", "python:3.12"},
      {"the case of a tag", "docker.io/library/python:rc1", "python:RC1"},
      {"a tag pattern and a digest", "docker.io/library/python:*", "python" + kDigest},
      {"a tag beside a digest", "docker.io/library/python:3.13", "python:3.13" + kDigest},
      {"a star before the colon and a digest", "docker.io/library/py*:f*", "python" + kDigest},
      {"two stars before the colon and a digest", "**:*", "python" + kDigest},
      {"a digest pattern and a tag", "docker.io/library/python@*", "python:3"},
      {"a star across the colon", "docker.io/library/p*n:3", "docker.io/library/p:n"},
      {"an account and a host of one name", "registry/*", "registry./python"},
      {"a dot is a dot", "gcr.io/x", "gcr-io.example/x"},
  }));
  DYNAMIC_SECTION(row.name) {
    CHECK_FALSE(matches(row.pattern, row.reference));
  }
}

TEST_CASE("a glob that could never match is refused with the reason", "[policy]") {
  struct Bad {
    std::string name;
    std::string pattern;
    std::string reason;
  };
  const auto row = GENERATE(values<Bad>({
      {"nothing", "", "empty"},
      {"513 characters", std::string(513, 'a'), "513 characters"},
      {"three stars", "gcr.io/***", "\"***\""},
      {"a space", "gcr.io/a b", "space"},
      {"a newline", "gcr.io/a\n", "control character"},
      {"UTF-8", "gcr.io/\xc3\xa9", "ASCII"},
      {"upper case in the path", "gcr.io/Foo/*", "upper case"},
      {"upper case in the registry", "Gcr.io/**:RC", "upper case"},
      {"a tag and a digest", "gcr.io/x:*@sha256:*", "tag together with a digest"},
  }));
  DYNAMIC_SECTION(row.name) {
    const auto glob = Glob::compile(row.pattern);
    REQUIRE_FALSE(glob);
    CHECK_THAT(glob.error(), Catch::Contains(row.reason));
  }
}

TEST_CASE("the longest pattern of stars is matched in bounded time", "[policy]") {
  std::string pattern;
  while (pattern.size() + 3 <= Glob::kMaxLength) {
    pattern += "**a";
  }
  const ImageReference reference{std::string(3800, 'a'), std::string(255, 'b'), "t", std::nullopt};
  // 512 x 4096 steps. Backtracking would not come back before ctest gives up.
  CHECK_FALSE(Glob::compile(pattern)->matches(reference));
}

TEST_CASE("a glob knows its pattern and whether it has stars", "[policy]") {
  CHECK(Glob::compile("gcr.io/*")->pattern() == "gcr.io/*");
  CHECK_FALSE(Glob::compile("gcr.io/*")->is_literal());
  CHECK(Glob::compile("docker.io/library/python:3.13")->is_literal());
}

}  // namespace leangate::policy
