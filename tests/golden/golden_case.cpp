#include "tests/golden/golden_case.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "policy/explain.h"
#include "policy/policy_reader.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_inspector.h"
#include "tests/golden/images_file.h"
#include "webhook/admission/reviewer.h"

namespace leangate::golden {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

json read_json(const std::filesystem::path& file) {
  return json::parse(read_text(file));
}

policies::Snapshot read_policy_file(const std::filesystem::path& file) {
  auto reading = policy::read_policies(read_text(file), "policy.yaml");
  if (!reading.mistakes.empty()) {
    throw std::runtime_error{reading.mistakes.front().str()};
  }
  return std::make_shared<const policy::PolicySet>(std::move(reading.policies));
}

admission::ReviewerOptions read_options(const json& settings) {
  admission::ReviewerOptions options;
  if (settings.value("enforcement", "Enforce") == "DryRun") {
    options.enforcement = policy::Enforcement::DryRun;
  }
  options.exception_namespaces = settings.value("exceptionNamespaces", std::set<std::string>{});
  for (const auto& platform :
       settings.value("platforms", std::vector<std::string>{"linux/amd64"})) {
    options.platforms.push_back(policy::parse_platform(platform).value());
  }
  return options;
}

std::vector<std::string_view> names_of(const policy::ActionSet& actions) {
  std::vector<std::string_view> names;
  for (const auto action : actions) {
    names.push_back(policy::name_of(action));
  }
  return names;
}

ordered_json summary_of(const policy::Finding& finding, const policy::ImageVerdict& image) {
  ordered_json summary{{"image", image.reference},
                       {"policy", finding.policy},
                       {"rule", finding.rule},
                       {"check", finding.check},
                       {"actions", names_of(finding.actions)},
                       {"intended", names_of(finding.intended)},
                       {"severity", policy::name_of(finding.severity)},
                       {"evidence", policy::name_of(finding.evidence)},
                       {"certainty", policy::name_of(finding.certainty)},
                       {"observed", finding.observed},
                       {"allowed", finding.allowed}};
  if (image.platform) {
    summary["platform"] = image.platform->str();
  }
  if (finding.layer) {
    summary["layer"] = std::to_string(finding.layer->index) + " of " +
                       std::to_string(finding.layer->of) + ": " + finding.layer->instruction;
  }
  return summary;
}

void add_findings(ordered_json& result, const policy::Verdict& verdict) {
  result["findings"] = ordered_json::array();
  result["skipped"] = ordered_json::array();
  for (const auto& image : verdict.images) {
    for (const auto& finding : image.findings) {
      result["findings"].push_back(summary_of(finding, image));
    }
    for (const auto& skipped : image.skipped) {
      result["skipped"].push_back(skipped.policy + "/" + skipped.rule + ": " + skipped.reason);
    }
  }
}

}  // namespace

std::vector<std::filesystem::path> find_cases() {
  const std::filesystem::directory_iterator folders{LEANGATE_SOURCE_DIR "/tests/golden/cases"};
  std::vector<std::filesystem::path> cases;
  for (const auto& entry : folders) {
    cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) {
    throw std::runtime_error{file.string() + " can't be read"};
  }
  return {std::istreambuf_iterator<char>{stream}, {}};
}

ordered_json run_case(const std::filesystem::path& folder) {
  const auto settings_file = folder / "settings.json";
  const auto settings =
      std::filesystem::exists(settings_file) ? read_json(settings_file) : json::object();
  const auto images = read_images(read_json(folder / "images.json"));
  auto bases = std::make_shared<const policy::ReferenceData>(
      known_bases(images, settings.value("knownBases", json::array())));

  fakes::FakeInspector inspector;
  inspector.images = images;
  const policies::PolicyStore store{read_policy_file(folder / "policy.yaml")};
  const admission::NoClusterFacts cluster;
  const fakes::FakeClock clock;  // 2026-11-23
  observability::Metrics metrics;
  const admission::Reviewer reviewer{{.policies = store,
                                      .inspector = inspector,
                                      .cluster = cluster,
                                      .clock = clock,
                                      .metrics = metrics,
                                      .reference = [&] { return bases; }},
                                     read_options(settings)};

  const auto body = read_text(folder / "review.json");
  const auto answer = reviewer.answer({.body = body, .received = std::chrono::steady_clock::now()});
  ordered_json result{{"status", answer.status}};
  if (answer.content_type != "application/json") {
    result["text"] = answer.body;
    return result;
  }
  result["review"] = ordered_json::parse(answer.body);
  if (const auto request = admission::read_review(body); request && request->workload) {
    const auto deadline = deadline_in(std::chrono::seconds{10});
    add_findings(result, reviewer.judge(*request->workload, deadline));
  }
  return result;
}

}  // namespace leangate::golden
