#include "policy/base_image.h"

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

namespace {

constexpr const char* kBaseName = "org.opencontainers.image.base.name";

ReferenceData known() {
  return {{
      {"docker.io/library/debian:13", {"sha256:diff1"}, {"sha256:layer1"}},
      {"docker.io/library/python:3.13",
       {"sha256:diff1", "sha256:diff2"},
       {"sha256:layer1", "sha256:layer2"}},
      {"docker.io/library/python:3.13-trixie", {"sha256:diff1", "sha256:diff2"}, {}},
      {"docker.io/library/empty:1", {}, {}},
      {"docker.io/library/other:1",
       {"sha256:diff1", "sha256:else"},
       {"sha256:layer1", "sha256:else"}},
  }};
}

}  // namespace

TEST_CASE("the longest chain of known layers proves the base", "[policy][base_image]") {
  const BaseImage base = find_base(samples::image({1, 2, 3}), known());
  CHECK(base.name == "docker.io/library/python:3.13");
  CHECK(base.method == BaseMethod::Layers);
  CHECK(base.certainty == Certainty::Proven);
  CHECK(base.also_known_as == std::vector<std::string>{"docker.io/library/python:3.13-trixie"});
  CHECK(find_base(samples::image({1}), known()).name == "docker.io/library/debian:13");
}

TEST_CASE("a chain is found however it was compressed, and without a config",
          "[policy][base_image]") {
  ImageFacts recompressed = samples::image({1, 2, 3});
  for (LayerFacts& layer : recompressed.layers) {
    layer.digest += "-zstd";
  }
  CHECK(find_base(recompressed, known()).name == "docker.io/library/python:3.13");

  ImageFacts no_config = samples::image({1, 2, 3});
  no_config.config.reset();
  CHECK(find_base(no_config, known()).name == "docker.io/library/python:3.13");

  ImageFacts lying = samples::image({1});
  lying.layers[0].digest = "sha256:unknown";
  lying.config->diff_ids = {"sha256:diff1", "sha256:diff2"};
  CHECK(find_base(lying, known()).method == BaseMethod::Unknown);
}

TEST_CASE("layers that differ prove nothing", "[policy][base_image]") {
  ImageFacts squashed = samples::image({1});
  squashed.config->diff_ids = {"sha256:squashed"};
  CHECK(find_base(squashed, known()).method == BaseMethod::Unknown);
  CHECK(find_base(samples::image({}), known()).method == BaseMethod::Unknown);
  CHECK(find_base(samples::image({1, 2}), {}).name.empty());
}

TEST_CASE("an annotation states the base", "[policy][base_image]") {
  struct Case {
    std::string text;
    std::string name;  // empty: unknown
  };
  const auto row = GENERATE(values<Case>({
      {"docker.io/library/python:3.13-slim", "docker.io/library/python:3.13-slim"},
      {"debian:bookworm-slim", "docker.io/library/debian:bookworm-slim"},
      {"python:3.13@sha256:0000000000000000000000000000000000000000000000000000000000000000",
       "docker.io/library/python:3.13"},
      {"r.example:5000/"
       "base@sha256:0000000000000000000000000000000000000000000000000000000000000000",
       "r.example:5000/"
       "base@sha256:0000000000000000000000000000000000000000000000000000000000000000"},
      {"scratch", "scratch"},
      {"", ""},
      {"not a reference", ""},
      {"\x1b[2J", ""},
      {"UPPERCASE", ""},
  }));
  CAPTURE(row.text);
  ImageFacts facts = samples::image({1});
  facts.annotations[kBaseName] = row.text;
  const BaseImage base = find_base(facts, {});
  CHECK(base.name == row.name);
  CHECK(base.method == (row.name.empty() ? BaseMethod::Unknown : BaseMethod::Annotation));
  if (!row.name.empty()) {
    CHECK(base.certainty == Certainty::Stated);
  }
}

TEST_CASE("layers outrank annotations, annotations outrank labels", "[policy][base_image]") {
  ImageFacts facts = samples::image({1});
  facts.config->labels[kBaseName] = "docker.io/library/label:1";
  CHECK(find_base(facts, {}).name == "docker.io/library/label:1");
  facts.annotations[kBaseName] = "docker.io/library/annotation:1";
  CHECK(find_base(facts, {}).name == "docker.io/library/annotation:1");
  CHECK(stated_base(facts) == "docker.io/library/annotation:1");
  CHECK(find_base(facts, known()).name == "docker.io/library/debian:13");
}

}  // namespace leangate::policy
