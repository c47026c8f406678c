#include "policy/rules/base.h"

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

namespace {

Judgement judge_stated(const BaseRule& rule, const std::string& name) {
  ImageFacts facts = samples::image({1});
  if (!name.empty()) {
    facts.annotations["org.opencontainers.image.base.name"] = name;
  }
  return judge_base(rule, samples::platform_image(facts));
}

}  // namespace

TEST_CASE("a base is denied, allowed or neither", "[policy][rules][base]") {
  struct Case {
    std::string name;
    std::string base;
    std::string check;  // of the finding; empty for none
  };
  const BaseRule rule{samples::globs({"gcr.io/distroless/**", "docker.io/library/*:*-slim*"}),
                      samples::globs({"docker.io/library/ubuntu:*", "docker.io/library/old:*"}),
                      UnknownEvidence::Skip};
  const auto row = GENERATE(values<Case>({
      {"allowed", "gcr.io/distroless/base:latest", ""},
      {"allowed by its tag", "python:3.13-slim", ""},
      {"not allowed", "python:3.13", "BaseAllowed"},
      {"denied", "ubuntu:24.04", "BaseDenied"},
      {"deny wins over allow", "old:1-slim", "BaseDenied"},
      {"scratch isn't in the list", "scratch", "BaseAllowed"},
  }));
  CAPTURE(row.name);
  const Judgement judgement = judge_stated(rule, row.base);
  CHECK(judgement.missing.empty());
  CHECK((judgement.findings.empty() ? "" : std::string{judgement.findings[0].check}) == row.check);
}

TEST_CASE("a base finding says how the base is known", "[policy][rules][base]") {
  const BaseRule rule{
      samples::globs({"gcr.io/distroless/**", "docker.io/library/python:*-slim*"}), {}, {}};
  const Judgement stated = judge_stated(rule, "python:3.13");
  REQUIRE(stated.findings.size() == 1);
  CHECK(stated.findings[0].certainty == Certainty::Stated);
  CHECK(stated.findings[0].message ==
        "built on docker.io/library/python:3.13 (stated by an annotation); allowed are "
        "gcr.io/distroless/**, docker.io/library/python:*-slim*");

  const ReferenceData known{{{"docker.io/library/python:3.13", {"sha256:diff1"}, {}}}};
  const ImageFacts facts = samples::image({1, 1});
  const Judgement proven = judge_base(rule, samples::platform_image(facts, known));
  REQUIRE(proven.findings.size() == 1);
  CHECK(proven.findings[0].certainty == Certainty::Proven);
  CHECK(proven.findings[0].message.find("(proven by its layers)") != std::string::npos);
}

TEST_CASE("a base of several names is denied and allowed by any of them", "[policy][rules][base]") {
  const ReferenceData known{{{"docker.io/library/python:3", {"sha256:diff1"}, {}},
                             {"docker.io/library/python:3-slim", {"sha256:diff1"}, {}}}};
  const ImageFacts facts = samples::image({1});
  const PlatformImage image = samples::platform_image(facts, known);
  CHECK(judge_base({samples::globs({"docker.io/library/python:*-slim"}), {}, {}}, image)
            .findings.empty());
  CHECK(judge_base({{}, samples::globs({"docker.io/library/python:*-slim"}), {}}, image)
            .findings.size() == 1);
}

TEST_CASE("scratch can be allowed by its name", "[policy][rules][base]") {
  CHECK(judge_stated({samples::globs({"docker.io/library/scratch"}), {}, {}}, "scratch")
            .findings.empty());
}

TEST_CASE("an unknown base is missing evidence, with the reason", "[policy][rules][base]") {
  const BaseRule rule{samples::globs({"gcr.io/**"}), {}, UnknownEvidence::Fail};
  const Judgement none = judge_stated(rule, "");
  CHECK(none.findings.empty());
  REQUIRE(none.missing.size() == 1);
  CHECK(none.missing[0].counts_as == UnknownEvidence::Fail);
  CHECK(none.missing[0].as_finding.check == "BaseUnknown");
  CHECK(none.missing[0].as_finding.message.find("no annotation names one") != std::string::npos);
  const Judgement broken = judge_stated(rule, "not a reference");
  REQUIRE(broken.missing.size() == 1);
  CHECK(broken.missing[0].as_finding.message ==
        "its base image is unknown: the annotation says \"not a reference\", which is no image "
        "reference");
}

}  // namespace leangate::policy
