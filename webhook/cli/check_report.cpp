#include "webhook/cli/check_report.h"

#include <algorithm>
#include <utility>

#include "webhook/cli/options.h"

namespace leangate::cli {
namespace {

using policy::Decision;

bool reaches(const policy::ImageVerdict& image, policy::Action action) {
  return std::any_of(
      image.findings.begin(), image.findings.end(), [action](const policy::Finding& finding) {
        return finding.action() >= action;
      });
}

policy::Decision decide(const policy::ImageVerdict& image) {
  if (!image.failure) {
    return image.decision;
  }
  return reaches(image, policy::Action::Deny) ? Decision::Deny : Decision::Error;
}

}  // namespace

CheckResult make_result(std::string source, policy::ImageVerdict image) {
  if (image.failure) {
    auto& findings = image.findings;
    findings.erase(
        std::remove_if(findings.begin(),
                       findings.end(),
                       [](const policy::Finding& finding) { return finding.could_not_be_judged; }),
        findings.end());
  }
  const Decision decision = decide(image);
  return {.source = std::move(source), .image = std::move(image), .decision = decision};
}

CheckSummary summarise(const std::vector<CheckResult>& results) {
  CheckSummary summary;
  for (const CheckResult& result : results) {
    switch (result.decision) {
      case Decision::Allow:
        ++summary.allowed;
        break;
      case Decision::Warn:
        ++summary.warned;
        break;
      case Decision::Deny:
        ++summary.denied;
        break;
      case Decision::Error:
        ++summary.errors;
        summary.warned_in_error += reaches(result.image, policy::Action::Warn) ? 1u : 0u;
        break;
    }
  }
  return summary;
}

int exit_status(const CheckSummary& summary, bool fail_on_warn) {
  if (summary.denied > 0 || (fail_on_warn && summary.warned + summary.warned_in_error > 0)) {
    return kExitReached;
  }
  return summary.errors > 0 ? kExitUnjudged : kExitOk;
}

}  // namespace leangate::cli
