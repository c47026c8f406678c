#include "policy/rules/config.h"

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

TEST_CASE("users that are root, and users that aren't", "[policy][rules][config]") {
  const auto root = GENERATE(as<std::string>{},
                             "",
                             "root",
                             "0",
                             "00",
                             "000000000000000000000000",
                             "+0",
                             "-0",
                             "0:0",
                             "root:root",
                             ":1000",
                             "0:1000",
                             "root:65532");
  CAPTURE(root);
  CHECK(is_root_user(root));
  const auto other = GENERATE(as<std::string>{},
                              "1",
                              "65532",
                              "nobody",
                              "Root",
                              "rooty",
                              " root",
                              "0x0",
                              "+",
                              "-",
                              "1000:0",
                              "10",
                              "0 ",
                              "+-0");
  CAPTURE(other);
  CHECK_FALSE(is_root_user(other));
}

TEST_CASE("an image that runs as root is found", "[policy][rules][config]") {
  ImageFacts facts = samples::image({1});
  const ConfigRule rule{true, {}, UnknownEvidence::Skip};
  CHECK(judge_config(rule, samples::platform_image(facts)).findings.empty());
  facts.config->user = "";
  const Judgement silent_user = judge_config(rule, samples::platform_image(facts));
  REQUIRE(silent_user.findings.size() == 1);
  CHECK(silent_user.findings[0].check == "RootUser");
  CHECK(silent_user.findings[0].evidence == Evidence::Config);
  CHECK(silent_user.findings[0].message == "the config names no user, so the image runs as root");
  facts.config->user = "0:0";
  CHECK(judge_config(rule, samples::platform_image(facts)).findings.at(0).message ==
        "the config's user is 0:0, which is root");
  CHECK(judge_config({false, {}, {}}, samples::platform_image(facts)).findings.empty());
}

TEST_CASE("labels that are absent or empty are named", "[policy][rules][config]") {
  ImageFacts facts = samples::image({1});
  facts.config->labels = {{"team", "ml"}, {"source", ""}};
  const auto judge_with = [&](std::vector<std::string> labels) {
    return judge_config({false, std::move(labels), {}}, samples::platform_image(facts)).findings;
  };
  CHECK(judge_with({"team"}).empty());
  CHECK(judge_with({}).empty());
  REQUIRE(judge_with({"team", "source"}).size() == 1);
  CHECK(judge_with({"team", "source"})[0].check == "RequiredLabel");
  CHECK(judge_with({"team", "source"})[0].message == "lacks the label source");
  CHECK(judge_with({"a", "b"})[0].message == "lacks the labels a, b");
}

TEST_CASE("what has no config, and Windows' users, can't be judged", "[policy][rules][config]") {
  ImageFacts facts = samples::image({1});
  const ConfigRule rule{true, {"team"}, UnknownEvidence::Fail};
  facts.platform.os = "windows";
  facts.config->user = "";
  facts.config->labels["team"] = "ml";
  const Judgement windows = judge_config(rule, samples::platform_image(facts));
  CHECK(windows.findings.empty());
  CHECK(windows.missing.size() == 1);
  facts.config.reset();
  const Judgement artifact = judge_config(rule, samples::platform_image(facts));
  CHECK(artifact.findings.empty());
  REQUIRE(artifact.missing.size() == 1);
  CHECK(artifact.missing[0].as_finding.check == "ConfigUnknown");
  CHECK(artifact.missing[0].counts_as == UnknownEvidence::Fail);
}

}  // namespace leangate::policy
