#include "webhook/cli/check_report.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace leangate::cli {
namespace {

using policy::Action;
using policy::Decision;

policy::Finding finding(Action action) {
  policy::Finding finding;
  finding.policy = "lean-default";
  finding.rule = "total-size";
  finding.check = "TotalCompressedSize";
  finding.actions = {action};
  finding.intended = {action};
  finding.severity = policy::Severity::High;
  finding.observed = "2.31 GiB";
  finding.allowed = "500 MiB";
  finding.message = "2.31 GiB compressed, 4.7 times the limit of 500 MiB.";
  finding.remedy = "start from a slim base.";
  policy::CulpritLayer layer;
  layer.index = 6;
  layer.of = 9;
  layer.digest = "sha256:66";
  layer.compressed_bytes = 1739461755;
  layer.instruction = "RUN pip install -r requirements.txt";
  finding.layer = layer;
  return finding;
}

policy::ImageVerdict judged(Decision decision, std::vector<policy::Finding> findings) {
  policy::ImageVerdict image;
  image.image.image = "registry.example/ml/api:1.4";
  image.reference = "registry.example/ml/api:1.4";
  image.digest = "sha256:11";
  image.platform = policy::Platform{"linux", "amd64", ""};
  image.compressed_bytes = 2480343450;
  image.findings = std::move(findings);
  image.decision = decision;
  return image;
}

policy::ImageVerdict not_looked_up(std::vector<policy::Finding> findings) {
  policy::ImageVerdict image = judged(Decision::Error, std::move(findings));
  image.platform.reset();
  image.failure = policy::LookupFailure{.kind = policy::LookupFailureKind::Timeout,
                                        .detail = "registry.example did not answer",
                                        .public_detail = "could not be read"};
  return image;
}

}  // namespace

TEST_CASE("what could not be looked up is an error whatever the failure policy says", "[cli]") {
  policy::Finding unjudged = finding(Action::Deny);
  unjudged.could_not_be_judged = true;

  const CheckResult result = make_result("x", not_looked_up({unjudged}));

  CHECK(result.decision == Decision::Error);
  CHECK(result.image.findings.empty());
}

TEST_CASE("an image that its reference alone condemns is denied though nobody could look",
          "[cli]") {
  const CheckResult result = make_result("x", not_looked_up({finding(Action::Deny)}));

  CHECK(result.decision == Decision::Deny);
  CHECK(result.image.findings.size() == 1);
}

TEST_CASE("a warning beside a failed lookup still counts for --fail-on warn", "[cli]") {
  const std::vector<CheckResult> results{make_result("x", not_looked_up({finding(Action::Warn)}))};

  CHECK(results.front().decision == Decision::Error);
  CHECK(exit_status(summarise(results), false) == 3);
  CHECK(exit_status(summarise(results), true) == 1);
}

TEST_CASE("the exit status says the worst thing first", "[cli]") {
  struct Case {
    const char* name;
    CheckSummary summary;
    bool fail_on_warn;
    int expected;
  };
  const auto c = GENERATE(values<Case>({
      {"nothing judged", {}, false, 0},
      {"all allowed", {.allowed = 2}, false, 0},
      {"a warning", {.warned = 1}, false, 0},
      {"a warning that counts", {.warned = 1}, true, 1},
      {"a denial", {.denied = 1, .allowed = 3}, false, 1},
      {"a denial and an error", {.denied = 1, .errors = 1}, false, 1},
      {"a warning and an error", {.warned = 1, .errors = 1}, false, 3},
      {"an error", {.allowed = 1, .errors = 1}, true, 3},
      {"an error with a warning that counts", {.errors = 1, .warned_in_error = 1}, true, 1},
      {"an error with a warning", {.errors = 1, .warned_in_error = 1}, false, 3},
  }));
  DYNAMIC_SECTION(c.name) {
    CHECK(exit_status(c.summary, c.fail_on_warn) == c.expected);
  }
}

TEST_CASE("the JSON report holds what the interface promises", "[cli]") {
  auto image = judged(Decision::Deny, {finding(Action::Deny)});
  image.base = {
      "docker.io/library/python:3.13", policy::BaseMethod::Layers, policy::Certainty::Proven};
  image.stale_since = policy::Instant{std::chrono::hours{4}};
  image.notices = {{"registry.example", "deprecated", false}};
  const std::vector<CheckResult> results{
      make_result("deploy.yaml: Deployment/api spec.template.spec.containers[0].image", image),
      make_result("y", not_looked_up({}))};

  const auto report = nlohmann::json::parse(to_json(results));

  CHECK(report["apiVersion"] == "leangate.io/v1alpha1");
  CHECK(report["kind"] == "CheckReport");
  CHECK(report["summary"] ==
        nlohmann::json{{"denied", 1}, {"warned", 0}, {"allowed", 0}, {"errors", 1}});
  const auto& result = report["results"][0];
  CHECK(result["image"] == "registry.example/ml/api:1.4");
  CHECK(result["digest"] == "sha256:11");
  CHECK(result["platform"] == "linux/amd64");
  CHECK(result["source"] == "deploy.yaml: Deployment/api spec.template.spec.containers[0].image");
  CHECK(result["decision"] == "deny");
  CHECK(result["compressedBytes"] == 2480343450);
  CHECK(result["base"] == nlohmann::json{{"name", "docker.io/library/python:3.13"},
                                         {"method", "layers"},
                                         {"certainty", "proven"}});
  CHECK(result["error"].is_null());
  CHECK(result["staleSince"] == "1970-01-01T04:00:00Z");
  CHECK(report["results"][1]["staleSince"].is_null());
  CHECK(result["notices"] ==
        nlohmann::json::array({{{"registry", "registry.example"}, {"text", "deprecated"}}}));
  CHECK(report["results"][1]["notices"].empty());
  const auto& found = result["findings"][0];
  CHECK(found["policy"] == "lean-default");
  CHECK(found["rule"] == "total-size");
  CHECK(found["check"] == "TotalCompressedSize");
  CHECK(found["action"] == "Deny");
  CHECK(found["severity"] == "high");
  CHECK(found["evidence"] == "manifest");
  CHECK(found["certainty"] == "proven");
  CHECK(found["observed"] == "2.31 GiB");
  CHECK(found["allowed"] == "500 MiB");
  CHECK(found["layer"]["index"] == 6);
  CHECK(found["layer"]["of"] == 9);
  CHECK(found["layer"]["compressedBytes"] == 1739461755);
  CHECK(found["layer"]["instruction"] == "RUN pip install -r requirements.txt");
  CHECK(found["remedy"] == "start from a slim base.");

  CHECK(report["results"][1]["decision"] == "error");
  CHECK(report["results"][1]["platform"].is_null());
  CHECK(report["results"][1]["error"] == "registry.example did not answer");
}

TEST_CASE("the JSON report survives text that is no UTF-8", "[cli]") {
  auto image = judged(Decision::Allow, {});
  image.reference = "broken \xff text";

  const auto report = nlohmann::json::parse(to_json({make_result("x", image)}));

  CHECK(report["results"][0]["image"] == "broken \xef\xbf\xbd text");
}

TEST_CASE("the table names the image, the findings, the fix and the totals", "[cli]") {
  auto old = judged(Decision::Allow, {});
  old.stale_since = policy::Instant{std::chrono::hours{4}};
  old.notices = {{"registry.example", "deprecated", false}};
  const std::vector<CheckResult> results{
      make_result("registry.example/ml/api:1.4", judged(Decision::Deny, {finding(Action::Deny)})),
      make_result("pod.yaml: Pod/x spec.containers[0].image", not_looked_up({})),
      make_result("registry.example/ml/api:1.4", old)};

  const std::string table = to_table(results, false);

  CHECK(table ==
        "deny  registry.example/ml/api:1.4  linux/amd64  2.31 GiB\n"
        "  Deny   total-size: 2.31 GiB compressed, 4.7 times the limit of 500 MiB.\n"
        "         Fix: start from a slim base.\n"
        "error  registry.example/ml/api:1.4\n"
        "  in pod.yaml: Pod/x spec.containers[0].image\n"
        "  could not be judged: registry.example did not answer\n"
        "allow  registry.example/ml/api:1.4  linux/amd64  2.31 GiB\n"
        "  as of 1970-01-01T04:00:00Z; the registry can't be read now\n"
        "  note   [registry registry.example] deprecated\n"
        "1 denied, 0 warned, 1 allowed, 1 could not be judged\n");
  CHECK(to_table(results, true).find("\x1b[31mdeny\x1b[0m") == 0);
}

}  // namespace leangate::cli
