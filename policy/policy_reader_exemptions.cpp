// What takes findings away: a policy's exemptions, and exception documents.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "policy/policy_reader_parts.h"

namespace leangate::policy {
namespace {

constexpr std::size_t kMaxExemptions = 128;
constexpr std::size_t kMaxRules = 32;  // of a policy
constexpr std::size_t kMaxNamespaces = 64;
constexpr std::size_t kMaxPolicyRefs = 16;
constexpr std::size_t kMaxReason = 1024;

std::string read_reason(FieldReader& fields) {
  fields.require("reason");
  const auto reason = fields.read_string("reason", kMaxReason);
  if (reason && reason->empty()) {
    fields.mistake("reason", "is empty: say why, and who approved it");
  }
  return reason.value_or("");
}

// A list of names, of rules or namespaces.
std::vector<std::string> read_names(FieldReader& fields, std::string_view name, std::size_t max) {
  auto names = fields.read_strings(name, max).value_or(std::vector<std::string>{});
  for (const std::string& text : names) {
    if (!is_dns_label(text)) {
      fields.mistake(
          name,
          fmt::format("{} is no name: expected at most 63 of a-z, 0-9 and '-'", quoted(text)));
    }
  }
  return names;
}

void check_rules_are_known(FieldReader& fields,
                           const std::vector<std::string>& named,
                           const std::vector<Rule>& rules) {
  std::vector<std::string> known;
  known.reserve(rules.size());
  for (const Rule& rule : rules) {
    known.push_back(rule.name);
  }
  for (const std::string& name : named) {
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    const std::string nearest = nearest_name(name, known);
    fields.mistake("rules",
                   fmt::format("{} is no rule of this policy{}",
                               quoted(name),
                               nearest.empty() ? "" : ", did you mean " + nearest + "?"));
  }
}

Exemption read_exemption(FieldReader& fields,
                         const std::vector<Rule>& rules,
                         bool is_cluster_wide) {
  Exemption exemption;
  exemption.name = read_label_name(fields, "name");
  exemption.reason = read_reason(fields);
  exemption.expires_at = fields.read_instant("expiresAt");
  if (is_cluster_wide) {
    exemption.namespaces = read_names(fields, "namespaces", kMaxNamespaces);
  } else if (fields.take("namespaces") != nullptr) {
    fields.mistake("namespaces", "a LeanImagePolicy covers its own namespace only");
  }
  exemption.rules = fields.read_strings("rules", kMaxRules).value_or(std::vector<std::string>{});
  check_rules_are_known(fields, exemption.rules, rules);
  exemption.images = read_globs(fields, "images");
  return exemption;
}

Exception::PolicyRef read_policy_ref(FieldReader& fields) {
  Exception::PolicyRef ref;
  fields.require("kind");
  fields.require("name");
  ref.cluster_wide =
      fields.read_choice("kind", {"ClusterLeanImagePolicy", "LeanImagePolicy"}) == 0u;
  const auto name = fields.read_string("name");
  if (name && !is_dns_subdomain(*name)) {
    fields.mistake("name", fmt::format("{} is no name of a policy", quoted(*name)));
  }
  ref.name = name.value_or("");
  return ref;
}

}  // namespace

std::vector<Exemption> read_exemptions(FieldReader& spec,
                                       const std::vector<Rule>& rules,
                                       bool is_cluster_wide) {
  std::vector<Exemption> exemptions;
  spec.read_mappings("exemptions", kMaxExemptions, [&](FieldReader& fields) {
    Exemption exemption = read_exemption(fields, rules, is_cluster_wide);
    const bool is_known =
        std::any_of(exemptions.begin(), exemptions.end(), [&](const Exemption& other) {
          return other.name == exemption.name;
        });
    if (is_known && !exemption.name.empty()) {
      fields.mistake("name",
                     fmt::format("{} is the name of an earlier exemption", quoted(exemption.name)));
    }
    exemptions.push_back(std::move(exemption));
  });
  return exemptions;
}

Exception read_exception(FieldReader& spec) {
  Exception exception;
  spec.require("policyRefs");
  spec.read_mappings("policyRefs", kMaxPolicyRefs, [&](FieldReader& fields) {
    exception.policy_refs.push_back(read_policy_ref(fields));
  });
  if (const DocumentNode* list = spec.take("policyRefs");
      list != nullptr && list->kind == DocumentNode::Kind::Sequence && list->items.empty()) {
    spec.mistake("policyRefs", "is an empty list, expected the policies to be excepted from");
  }
  exception.reason = read_reason(spec);
  exception.expires_at = spec.read_instant("expiresAt");
  exception.rules = read_names(spec, "rules", kMaxRules);
  exception.images = read_globs(spec, "images");
  exception.object_selector = read_selector(spec, "objectSelector");
  return exception;
}

}  // namespace leangate::policy
