// The decision: one pure function for webhook, audit and command line.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/duration.h"
#include "policy/image_facts.h"
#include "policy/image_reference.h"
#include "policy/policy_document.h"
#include "policy/reference_data.h"
#include "policy/verdict.h"
#include "policy/workload.h"

namespace leangate::policy {

// What the registry said about one image of the workload.
struct ImageEvidence {
  std::string digest;                 // what the reference resolved to: an index or a manifest
  std::vector<ImageFacts> platforms;  // those to judge; the worst one decides
  std::vector<Platform> offered;      // all that the reference offers, for `platforms` rules
  // Set: `digest` and `platforms` are empty; `offered` is known only of kind NoSuchPlatform.
  std::optional<LookupFailure> failure;
  bool was_looked_up = true;  // false: needs_lookup said no and nobody asked
  // Set: the registry can't be asked, and this is what it said when it last answered, then.
  std::optional<Instant> stale_since;
  std::vector<RegistryNotice> notices;  // what the registry warned of
  std::string served_by;                // the mirror that answered; empty: the registry itself did
};

enum class Enforcement { Enforce, DryRun };

struct EvaluationContext {
  const PolicySet& policies;
  const ReferenceData& reference;
  Instant now;
  Enforcement enforcement = Enforcement::Enforce;
  // Namespaces in which exceptions are honoured; {"*"} for all.
  std::set<std::string> exception_namespaces;
  std::string unqualified_host = "docker.io";
  // Stands in for every policy's failurePolicy. `leangate check` sets Ignore: what can't be looked
  // up is its decision Error, whatever a cluster would make of it.
  std::optional<FailurePolicy> failure_policy;
};

// Judges every image of the workload by every policy that covers it and returns all findings, never
// only the first. `evidence` holds one entry for each of workload.images, in their order.
Verdict evaluate(const Workload& workload,
                 const std::vector<ImageEvidence>& evidence,
                 const EvaluationContext& context);

// Reads a reference under the context; the failure is of kind InvalidReference.
Result<ImageReference, LookupFailure> read_reference(const std::string& image,
                                                     const EvaluationContext& context);

}  // namespace leangate::policy
