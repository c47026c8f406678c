// Which policies, rules and exemptions apply to a workload and an image.
#pragma once

#include <string>
#include <vector>

#include "policy/evaluate.h"
#include "policy/policy_document.h"
#include "policy/workload.h"

namespace leangate::policy {

// Whether the selector's requirements all hold. An absent requirement list selects everything.
bool selects(const LabelSelector& selector, const Labels& labels);

// The same for a namespace: with unknown labels only requirements on kubernetes.io/metadata.name
// are decided (by the name); others count as matched, so that not knowing never skips a policy.
bool selects_namespace(const LabelSelector& selector, const Workload& workload);

// Whether the policy covers the workload at all: kind, namespace, object labels.
bool covers(const Policy& policy, const Workload& workload);

// Whether the policy, covering the workload, judges this image: container type, globs, and on
// UPDATE whether the reference is new. `reference` is null for text that is no reference: globs
// then neither select nor exclude.
bool covers_image(const Policy& policy,
                  const WorkloadImage& image,
                  const ImageReference* reference);

// Whether an exemption of the policy, or an exception of the set, takes findings of this rule on
// this image away at context.now.
bool is_exempt(const Policy& policy,
               const Rule& rule,
               const Workload& workload,
               const ImageReference* reference,
               const EvaluationContext& context);

// Whether judging this image takes the registry at all: some policy covers it with a rule that
// isn't exempt and needs more than the reference's text.
bool needs_lookup(const Workload& workload,
                  const WorkloadImage& image,
                  const EvaluationContext& context);

// The strictest failurePolicy of the policies that cover the namespace; for reviews that can't be
// read any further.
FailurePolicy strictest_failure_policy(const PolicySet& policies,
                                       const std::string& namespace_name);

// Every literal reference in the base rules' lists: the images whose layers are worth knowing.
std::vector<ImageReference> literal_base_references(const PolicySet& policies);

}  // namespace leangate::policy
