// From what a policy's author wrote to what a finding does.
#pragma once

#include "policy/policy_document.h"
#include "policy/verdict.h"
#include "policy/workload.h"

namespace leangate::policy {

// Deny becomes Warn, the rest stays.
ActionSet soften(const ActionSet& actions);

// The actions of a rule's proven findings on a workload of this kind, never empty.
//
// On a Pod the rule's own set counts, else the policy's. Other kinds only get the early word, the
// gate is the pod: the policy's workloadActions; where a rule overrides its actions, the rule's
// set softened, and nothing in it stronger than the strongest of workloadActions.
ActionSet actions_of(const Policy& policy, const Rule& rule, WorkloadKind kind);

// What a failed lookup does instead: Fail keeps the actions, Ignore softens them.
ActionSet actions_on_failed_lookup(const ActionSet& actions, FailurePolicy failure_policy);

// The decision of one image whose findings have these strongest actions.
Decision decision_of(Action strongest);

}  // namespace leangate::policy
