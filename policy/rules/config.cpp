#include "policy/rules/config.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "policy/one_line.h"

namespace leangate::policy {

namespace {

constexpr std::size_t kShownUser = 64;

MissingEvidence cannot_judge(const ConfigRule& rule, std::string why) {
  MissingEvidence missing;
  missing.counts_as = rule.unknown;
  missing.as_finding.check = "ConfigUnknown";
  missing.as_finding.evidence = Evidence::Config;
  missing.as_finding.observed = "unknown";
  missing.as_finding.message = std::move(why);
  return missing;
}

Observation runs_as_root(const std::string& user) {
  Observation finding;
  finding.check = "RootUser";
  finding.evidence = Evidence::Config;
  finding.observed = user.empty() ? "no user" : one_line(user, kShownUser);
  finding.allowed = "another user than root";
  finding.message = user.empty()
                        ? std::string{"the config names no user, so the image runs as root"}
                        : fmt::format("the config's user is {}, which is root", finding.observed);
  finding.remedy =
      "end the Dockerfile with USER and a numeric id, as in USER 65532:65532 (runAsNonRoot can't "
      "check names)";
  return finding;
}

void judge_user(const ConfigRule& rule, const ImageFacts& facts, Judgement& judgement) {
  // Windows has no uid 0: what an empty user is there depends on the base image.
  if (facts.platform.os == "windows") {
    judgement.missing.push_back(cannot_judge(rule, "its user isn't judged: a Windows image"));
  } else if (is_root_user(facts.config->user)) {
    judgement.findings.push_back(runs_as_root(facts.config->user));
  }
}

void judge_labels(const ConfigRule& rule, const ImageConfig& config, Judgement& judgement) {
  std::vector<std::string> absent;
  for (const std::string& label : rule.require_labels) {
    const auto found = config.labels.find(label);
    if (found == config.labels.end() || found->second.empty()) {
      absent.push_back(label);
    }
  }
  if (absent.empty()) {
    return;
  }
  Observation finding;
  finding.check = "RequiredLabel";
  finding.evidence = Evidence::Config;
  finding.observed = "without " + join_some(absent);
  finding.allowed = "with " + join_some(rule.require_labels);
  finding.message =
      fmt::format("lacks the label{} {}", absent.size() == 1 ? "" : "s", join_some(absent));
  finding.remedy =
      fmt::format("set it when building: docker build --label {}=VALUE", absent.front());
  judgement.findings.push_back(std::move(finding));
}

}  // namespace

bool is_root_user(std::string_view user) {
  std::string_view name = user.substr(0, user.find(':'));
  if (name.empty() || name == "root") {
    return true;
  }
  // The runtimes read the number with Go's strconv, which takes a sign and leading zeros.
  if (name.front() == '+' || name.front() == '-') {
    name.remove_prefix(1);
  }
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c == '0'; });
}

Judgement judge_config(const ConfigRule& rule, const PlatformImage& image) {
  Judgement judgement;
  if (!image.facts.config) {
    judgement.missing.push_back(
        cannot_judge(rule, "it has no image config: an OCI artifact, not a container image"));
    return judgement;
  }
  if (rule.deny_root_user) {
    judge_user(rule, image.facts, judgement);
  }
  judge_labels(rule, *image.facts.config, judgement);
  return judgement;
}

}  // namespace leangate::policy
