// The parts of a policy document, each read from the mapping it stands in. Internal to
// policy_reader: what is wrong goes to the reader's log, and what is returned is complete only when
// nothing was logged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/field_reader.h"
#include "policy/policy_document.h"

namespace leangate::policy {

// A set of actions; Deny together with Warn is a mistake.
std::optional<ActionSet> read_actions(FieldReader& fields, std::string_view name);

// A list of {glob: ...}.
std::vector<Glob> read_globs(FieldReader& fields, std::string_view name);

// metav1.LabelSelector.
LabelSelector read_selector(FieldReader& fields, std::string_view name);

// `match`, with all its defaults.
Match read_match(FieldReader& spec, bool is_cluster_wide);

// `rules`. Rules with mistakes are kept for their names.
std::vector<Rule> read_rules(FieldReader& spec);

// The one mapping among size, layers, ... that makes a rule what it is.
std::optional<RuleBody> read_rule_body(FieldReader& rule);

// `exemptions`, which may name only these rules.
std::vector<Exemption> read_exemptions(FieldReader& spec,
                                       const std::vector<Rule>& rules,
                                       bool is_cluster_wide);

// `spec` of a LeanImageException.
Exception read_exception(FieldReader& spec);

// A required name that is a DNS label (RFC 1123): at most 63 of a-z, 0-9 and '-'.
std::string read_label_name(FieldReader& fields, std::string_view name);
bool is_dns_label(std::string_view text);
// Labels joined by dots, at most 253 characters: the name of an object.
bool is_dns_subdomain(std::string_view text);

// A glob as policy authors write it, with the registry that goes without saying.
Result<Glob, std::string> parse_policy_glob(std::string_view text);

}  // namespace leangate::policy
