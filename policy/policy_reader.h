// YAML or JSON policy documents -> PolicySet, every mistake with its place.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document_tree.h"
#include "policy/policy_document.h"

namespace leangate::policy {

struct PolicyReading {
  PolicySet policies;             // complete only when there are no mistakes
  std::vector<Mistake> mistakes;  // see MistakeLog::take
};

// Reads ClusterLeanImagePolicy, LeanImagePolicy and LeanImageException documents of
// leangate.io/v1alpha1 from one text. Globs without a registry are normalised as references are
// ("python:*" means docker.io/library/python:*). Never throws.
PolicyReading read_policies(std::string_view text, const std::string& file);

// Mistakes that only show when several files are put together: two policies, or two exceptions, of
// one kind, namespace and name.
std::vector<Mistake> find_conflicts(const std::vector<std::pair<std::string, PolicySet>>& files);

// The policies compiled in: "baseline", "ml-inference". Absent for any other name.
struct BuiltinPolicy {
  std::string_view name;
  std::string_view yaml;
};
std::span<const BuiltinPolicy> builtin_policies();

}  // namespace leangate::policy
