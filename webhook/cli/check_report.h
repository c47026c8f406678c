// What `leangate check` prints: one result an image, for people and for machines.
#pragma once

#include <string>
#include <vector>

#include "policy/verdict.h"

namespace leangate::cli {

struct CheckResult {
  // "deploy.yaml: Deployment/api spec.template.spec.containers[0].image"; for an image of the
  // command line the image itself.
  std::string source;
  policy::ImageVerdict image;
  // check ignores failurePolicy: what could not be looked up is Error, unless what can be said
  // without the registry denies it already.
  policy::Decision decision = policy::Decision::Allow;
};

// Makes the result of a verdict's image: findings that only say "could not be judged" give way to
// the error itself.
CheckResult make_result(std::string source, policy::ImageVerdict image);

struct CheckSummary {
  std::size_t denied = 0;
  std::size_t warned = 0;
  std::size_t allowed = 0;
  std::size_t errors = 0;
  std::size_t warned_in_error = 0;  // of the errors, those that what could be judged warns about
};

CheckSummary summarise(const std::vector<CheckResult>& results);

// The CheckReport document of leangate.io/v1alpha1, indented, with a newline at its end.
std::string to_json(const std::vector<CheckResult>& results);

// For a terminal; `colour` with ANSI colours.
std::string to_table(const std::vector<CheckResult>& results, bool colour);

// 1 when something denied (or warned, with fail_on_warn), else 3 when something is in error, else
// 0.
int exit_status(const CheckSummary& summary, bool fail_on_warn);

}  // namespace leangate::cli
