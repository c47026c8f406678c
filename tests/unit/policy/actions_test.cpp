#include "policy/actions.h"

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

namespace {

const ActionSet kDenyAudit{Action::Deny, Action::Audit};
const ActionSet kWarnAudit{Action::Warn, Action::Audit};
const ActionSet kAudit{Action::Audit};
const ActionSet kDeny{Action::Deny};
const ActionSet kWarn{Action::Warn};

}  // namespace

TEST_CASE("a rule's actions by kind of workload", "[policy][actions]") {
  struct Case {
    std::string name;
    WorkloadKind kind;
    ActionSet policy;
    ActionSet workload;
    std::optional<ActionSet> rule;
    ActionSet actions;
  };
  const auto row = GENERATE(values<Case>({
      {"pod, policy's", WorkloadKind::Pod, kDenyAudit, kWarnAudit, {}, kDenyAudit},
      {"pod, rule's", WorkloadKind::Pod, kDenyAudit, kWarnAudit, kAudit, kAudit},
      {"pod, rule's is stronger", WorkloadKind::Pod, kWarnAudit, kAudit, kDeny, kDeny},
      {"workload, policy's", WorkloadKind::Deployment, kDenyAudit, kWarnAudit, {}, kWarnAudit},
      {"workload, denied on purpose", WorkloadKind::Job, kWarnAudit, kDenyAudit, {}, kDenyAudit},
      {"workload, rule's softened",
       WorkloadKind::Deployment,
       kWarnAudit,
       kWarnAudit,
       kDenyAudit,
       kWarnAudit},
      {"workload, rule's is weaker",
       WorkloadKind::Deployment,
       kDenyAudit,
       kWarnAudit,
       kAudit,
       kAudit},
      {"workload, bounded", WorkloadKind::Deployment, kDenyAudit, kAudit, kDenyAudit, kAudit},
      {"workload, bounded away", WorkloadKind::Deployment, kDenyAudit, kAudit, kDeny, kAudit},
      {"workload, a rule never denies",
       WorkloadKind::CronJob,
       kDenyAudit,
       kDenyAudit,
       kDeny,
       kWarn},
      {"nothing said is at least recorded", WorkloadKind::Pod, {}, {}, {}, kAudit},
  }));
  CAPTURE(row.name);
  Policy policy = samples::policy("p", {samples::rule("r", SizeRule{})});
  policy.actions = row.policy;
  policy.workload_actions = row.workload;
  policy.rules[0].actions = row.rule;
  CHECK(actions_of(policy, policy.rules[0], row.kind) == row.actions);
}

TEST_CASE("a failed lookup keeps or softens the actions", "[policy][actions]") {
  CHECK(actions_on_failed_lookup(kDenyAudit, FailurePolicy::Fail) == kDenyAudit);
  CHECK(actions_on_failed_lookup(kWarnAudit, FailurePolicy::Fail) == kWarnAudit);
  CHECK(actions_on_failed_lookup(kDenyAudit, FailurePolicy::Ignore) == kWarnAudit);
  CHECK(actions_on_failed_lookup(kWarn, FailurePolicy::Ignore) == kWarn);
  CHECK(actions_on_failed_lookup(kAudit, FailurePolicy::Ignore) == kAudit);
}

TEST_CASE("error stands between warn and deny", "[policy][actions]") {
  CHECK(stronger(Decision::Error, Decision::Warn) == Decision::Error);
  CHECK(stronger(Decision::Error, Decision::Deny) == Decision::Deny);
  CHECK(stronger(Decision::Deny, Decision::Error) == Decision::Deny);
  CHECK(stronger(Decision::Allow, Decision::Warn) == Decision::Warn);
  CHECK(Finding{}.action() == Action::Audit);
}

}  // namespace leangate::policy
