#include "policy/selection.h"

#include <algorithm>
#include <variant>

namespace leangate::policy {

namespace {

// The label that every namespace carries, with its own name.
constexpr const char* kNamespaceName = "kubernetes.io/metadata.name";
constexpr const char* kAllNamespaces = "*";

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool contains_or_empty(const std::vector<std::string>& list, const std::string& value) {
  return list.empty() || contains(list, value);
}

bool matches_any(const std::vector<Glob>& globs, const ImageReference& reference) {
  return std::any_of(
      globs.begin(), globs.end(), [&](const Glob& glob) { return glob.matches(reference); });
}

bool matches_any_or_empty(const std::vector<Glob>& globs, const ImageReference* reference) {
  return globs.empty() || (reference != nullptr && matches_any(globs, *reference));
}

// metav1.LabelSelectorRequirement: NotIn and DoesNotExist hold where the label is absent.
bool holds(const LabelRequirement& requirement, const Labels& labels) {
  const auto label = labels.find(requirement.key);
  const bool present = label != labels.end();
  switch (requirement.op) {
    case LabelRequirement::Operator::In:
      return present && contains(requirement.values, label->second);
    case LabelRequirement::Operator::NotIn:
      return !present || !contains(requirement.values, label->second);
    case LabelRequirement::Operator::Exists:
      return present;
    case LabelRequirement::Operator::DoesNotExist:
      return !present;
  }
  return false;
}

bool has_ended(const std::optional<Instant>& expires_at, Instant now) {
  return expires_at && now >= *expires_at;
}

bool applies(const Exemption& exemption,
             const Rule& rule,
             const std::string& namespace_name,
             const ImageReference* reference,
             Instant now) {
  return !has_ended(exemption.expires_at, now) &&
         contains_or_empty(exemption.namespaces, namespace_name) &&
         contains_or_empty(exemption.rules, rule.name) &&
         matches_any_or_empty(exemption.images, reference);
}

bool names(const Exception& exception, const Policy& policy) {
  return std::any_of(exception.policy_refs.begin(),
                     exception.policy_refs.end(),
                     [&](const Exception::PolicyRef& ref) {
                       const bool same_scope =
                           ref.cluster_wide ? policy.is_cluster_wide()
                                            : policy.namespace_name == exception.namespace_name;
                       return same_scope && ref.name == policy.name;
                     });
}

bool is_honoured(const Exception& exception, const EvaluationContext& context) {
  return context.exception_namespaces.contains(kAllNamespaces) ||
         context.exception_namespaces.contains(exception.namespace_name);
}

bool needs_more_than_reference(const RuleBody& body) {
  return !std::holds_alternative<ReferenceRule>(body);
}

void add_literals(const std::vector<Glob>& globs, std::vector<ImageReference>& references) {
  for (const Glob& glob : globs) {
    if (!glob.is_literal()) {
      continue;
    }
    const auto reference = parse_image_reference(glob.pattern());
    // docker.io reserves "scratch": there is nothing to look up.
    if (reference && reference->path != "library/scratch" &&
        std::find(references.begin(), references.end(), *reference) == references.end()) {
      references.push_back(*reference);
    }
  }
}

}  // namespace

bool selects(const LabelSelector& selector, const Labels& labels) {
  return std::all_of(selector.begin(), selector.end(), [&](const LabelRequirement& requirement) {
    return holds(requirement, labels);
  });
}

bool selects_namespace(const LabelSelector& selector, const Workload& workload) {
  if (workload.namespace_name.empty()) {
    return true;
  }
  Labels labels = workload.namespace_labels.value_or(Labels{});
  labels[kNamespaceName] = workload.namespace_name;
  return std::all_of(selector.begin(), selector.end(), [&](const LabelRequirement& requirement) {
    const bool decidable = workload.namespace_labels || requirement.key == kNamespaceName;
    return !decidable || holds(requirement, labels);
  });
}

bool covers(const Policy& policy, const Workload& workload) {
  if (!policy.is_cluster_wide() && policy.namespace_name != workload.namespace_name) {
    return false;
  }
  return policy.match.kinds.contains(workload.kind) &&
         selects_namespace(policy.match.namespace_selector, workload) &&
         selects(policy.match.object_selector, workload.labels);
}

bool covers_image(const Policy& policy,
                  const WorkloadImage& image,
                  const ImageReference* reference) {
  if (!policy.match.container_types.contains(image.type)) {
    return false;
  }
  if (policy.updates == Updates::Changed && !image.is_new) {
    return false;
  }
  const bool excluded =
      reference != nullptr && matches_any(policy.match.exclude_images, *reference);
  return !excluded && matches_any_or_empty(policy.match.images, reference);
}

bool is_exempt(const Policy& policy,
               const Rule& rule,
               const Workload& workload,
               const ImageReference* reference,
               const EvaluationContext& context) {
  const bool by_policy = std::any_of(
      policy.exemptions.begin(), policy.exemptions.end(), [&](const Exemption& exemption) {
        return applies(exemption, rule, workload.namespace_name, reference, context.now);
      });
  if (by_policy || workload.namespace_name.empty()) {
    return by_policy;
  }
  const auto& exceptions = context.policies.exceptions;
  return std::any_of(exceptions.begin(), exceptions.end(), [&](const Exception& exception) {
    return exception.namespace_name == workload.namespace_name && is_honoured(exception, context) &&
           !has_ended(exception.expires_at, context.now) && names(exception, policy) &&
           contains_or_empty(exception.rules, rule.name) &&
           matches_any_or_empty(exception.images, reference) &&
           selects(exception.object_selector, workload.labels);
  });
}

bool needs_lookup(const Workload& workload,
                  const WorkloadImage& image,
                  const EvaluationContext& context) {
  const auto reference = read_reference(image.image, context);
  if (!reference) {
    return false;
  }
  const auto wants_lookup = [&](const Policy& policy) {
    return covers(policy, workload) && covers_image(policy, image, &*reference) &&
           std::any_of(policy.rules.begin(), policy.rules.end(), [&](const Rule& rule) {
             return needs_more_than_reference(rule.body) &&
                    !is_exempt(policy, rule, workload, &*reference, context);
           });
  };
  const auto& policies = context.policies.policies;
  return std::any_of(policies.begin(), policies.end(), wants_lookup);
}

FailurePolicy strictest_failure_policy(const PolicySet& policies,
                                       const std::string& namespace_name) {
  Workload workload;
  workload.namespace_name = namespace_name;
  const bool fails =
      std::any_of(policies.policies.begin(), policies.policies.end(), [&](const Policy& policy) {
        const bool in_scope = policy.is_cluster_wide() || policy.namespace_name == namespace_name;
        return in_scope && policy.failure_policy == FailurePolicy::Fail &&
               selects_namespace(policy.match.namespace_selector, workload);
      });
  return fails ? FailurePolicy::Fail : FailurePolicy::Ignore;
}

std::vector<ImageReference> literal_base_references(const PolicySet& policies) {
  std::vector<ImageReference> references;
  for (const Policy& policy : policies.policies) {
    for (const Rule& rule : policy.rules) {
      if (const auto* base = std::get_if<BaseRule>(&rule.body)) {
        add_literals(base->allow, references);
        add_literals(base->deny, references);
      }
    }
  }
  return references;
}

}  // namespace leangate::policy
