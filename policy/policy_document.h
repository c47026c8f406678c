// The policy document as plain data: what policy_reader makes of YAML and JSON, and what evaluate
// acts on. A value of these types obeys every constraint of the document format.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "policy/duration.h"
#include "policy/glob.h"
#include "policy/workload.h"

namespace leangate::policy {

// In order of strength.
enum class Action { Audit, Warn, Deny };

// ValidatingAdmissionPolicy's validationActions: Deny with Warn doesn't occur.
using ActionSet = std::set<Action>;

enum class Severity { Info, Low, Medium, High, Critical };

// What missing evidence counts as. Skip leaves a note in the verdict, Pass leaves nothing, Fail is
// a finding. This is not FailurePolicy, which is about failed lookups.
enum class UnknownEvidence { Skip, Pass, Fail };

// What a lookup that failed counts as.
enum class FailurePolicy { Ignore, Fail };

// What an UPDATE is judged on: references that the old object lacked, or all.
enum class Updates { Changed, All };

struct SizeRule {
  std::optional<std::uint64_t> max_compressed;        // bytes, sum of the platform's layers
  std::optional<std::uint64_t> max_layer_compressed;  // bytes, any single layer
};

struct LayersRule {
  std::optional<std::uint32_t> max;
  std::vector<std::string> deny_media_types;
};

struct BaseRule {
  std::vector<Glob> allow;  // empty: any
  std::vector<Glob> deny;   // wins over allow
  UnknownEvidence unknown = UnknownEvidence::Skip;
};

struct ConfigRule {
  bool deny_root_user = false;
  std::vector<std::string> require_labels;
  UnknownEvidence unknown = UnknownEvidence::Skip;
};

struct ReferenceRule {
  bool require_digest = false;
  std::vector<std::string> deny_tags;
  std::vector<std::string> allow_registries;  // host[:port], "*." in front matches sub-domains
};

struct PlatformsRule {
  std::vector<Platform> required;
};

using RuleBody =
    std::variant<SizeRule, LayersRule, BaseRule, ConfigRule, ReferenceRule, PlatformsRule>;

struct Rule {
  std::string name;
  Severity severity = Severity::Medium;
  std::string message;               // the policy author's sentence, may be empty
  std::optional<ActionSet> actions;  // overrides the policy's
  RuleBody body;
};

// metav1.LabelSelector.
struct LabelRequirement {
  enum class Operator { In, NotIn, Exists, DoesNotExist };
  std::string key;
  Operator op = Operator::Exists;
  std::vector<std::string> values;
};

// All requirements must hold; matchLabels entries are read as In with one value.
using LabelSelector = std::vector<LabelRequirement>;

struct Match {
  LabelSelector namespace_selector;
  LabelSelector object_selector;
  std::vector<Glob> images;          // empty: all
  std::vector<Glob> exclude_images;  // wins over images
  std::set<ContainerType> container_types;
  std::set<WorkloadKind> kinds;
};

// Takes findings away, with a reason and, mostly, an end. Empty lists mean "all".
struct Exemption {
  std::string name;
  std::string reason;
  std::optional<Instant> expires_at;  // from this instant on the exemption doesn't exist
  std::vector<std::string> namespaces;
  std::vector<std::string> rules;
  std::vector<Glob> images;
};

struct Policy {
  std::string name;
  std::string namespace_name;  // of a LeanImagePolicy; empty for a ClusterLeanImagePolicy
  ActionSet actions;
  ActionSet workload_actions;
  Match match;
  std::vector<Rule> rules;
  FailurePolicy failure_policy = FailurePolicy::Ignore;
  Updates updates = Updates::Changed;
  std::vector<Exemption> exemptions;

  bool is_cluster_wide() const { return namespace_name.empty(); }
};

// A LeanImageException: exempts workloads of its own namespace from the policies it names.
struct Exception {
  struct PolicyRef {
    bool cluster_wide = true;
    std::string name;
  };
  std::string name;
  std::string namespace_name;
  std::vector<PolicyRef> policy_refs;
  std::string reason;
  std::optional<Instant> expires_at;
  std::vector<std::string> rules;
  std::vector<Glob> images;
  LabelSelector object_selector;
};

// Everything that policy files said. Immutable once read; shared between threads as const.
struct PolicySet {
  std::vector<Policy> policies;
  std::vector<Exception> exceptions;
};

}  // namespace leangate::policy
