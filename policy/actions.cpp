#include "policy/actions.h"

namespace leangate::policy {

ActionSet soften(const ActionSet& actions) {
  ActionSet softened = actions;
  if (softened.erase(Action::Deny) > 0) {
    softened.insert(Action::Warn);
  }
  return softened;
}

ActionSet actions_of(const Policy& policy, const Rule& rule, WorkloadKind kind) {
  ActionSet actions = rule.actions.value_or(policy.actions);
  if (kind != WorkloadKind::Pod) {
    const ActionSet& bound = policy.workload_actions;
    if (!rule.actions) {
      actions = bound;
    } else {
      actions = soften(actions);
      actions.erase(bound.empty() ? actions.end() : actions.upper_bound(*bound.rbegin()),
                    actions.end());
    }
    if (actions.empty()) {
      actions = bound;
    }
  }
  // An empty set would hide the finding even from the record.
  return actions.empty() ? ActionSet{Action::Audit} : actions;
}

ActionSet actions_on_failed_lookup(const ActionSet& actions, FailurePolicy failure_policy) {
  return failure_policy == FailurePolicy::Fail ? actions : soften(actions);
}

Decision decision_of(Action strongest) {
  switch (strongest) {
    case Action::Audit:
      return Decision::Allow;
    case Action::Warn:
      return Decision::Warn;
    case Action::Deny:
      return Decision::Deny;
  }
  return Decision::Allow;
}

}  // namespace leangate::policy
