// The rules of a policy, one function for each kind.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "policy/policy_reader_parts.h"

namespace leangate::policy {
namespace {

constexpr std::size_t kMaxRules = 32;
constexpr std::size_t kMaxMessage = 512;
constexpr std::size_t kMaxListed = 32;     // tags, labels, registries, media types, platforms
constexpr std::int64_t kMaxLayers = 1024;  // far above what any runtime can mount

constexpr std::array<std::string_view, 4> kUnbuiltKinds{
    "instructions", "accelerator", "contents", "waste"};

std::optional<std::uint64_t> read_limit(FieldReader& fields, std::string_view name) {
  const auto bytes = fields.read_quantity(name);
  if (bytes == 0u) {
    fields.mistake(name, "is 0, which no image can keep");
  }
  return bytes;
}

UnknownEvidence read_unknown(FieldReader& fields) {
  constexpr std::array kValues{UnknownEvidence::Skip, UnknownEvidence::Pass, UnknownEvidence::Fail};
  return kValues[fields.read_choice("unknown", {"Skip", "Pass", "Fail"}).value_or(0)];
}

std::vector<std::string> read_list(FieldReader& fields, std::string_view name) {
  return fields.read_strings(name, kMaxListed).value_or(std::vector<std::string>{});
}

SizeRule read_size(FieldReader& fields) {
  SizeRule rule;
  rule.max_compressed = read_limit(fields, "maxCompressed");
  rule.max_layer_compressed = read_limit(fields, "maxLayerCompressed");
  fields.refuse_unbuilt({"maxAboveBase", "maxPodCompressed", "maxGrowth"});
  return rule;
}

LayersRule read_layers(FieldReader& fields) {
  LayersRule rule;
  if (const auto max = fields.read_integer("max", 1, kMaxLayers)) {
    rule.max = static_cast<std::uint32_t>(*max);
  }
  rule.deny_media_types = read_list(fields, "denyMediaTypes");
  fields.refuse_unbuilt({"denyUncompressed", "denyDuplicates"});
  return rule;
}

BaseRule read_base(FieldReader& fields) {
  BaseRule rule;
  rule.allow = read_globs(fields, "allow");
  rule.deny = read_globs(fields, "deny");
  rule.unknown = read_unknown(fields);
  fields.refuse_unbuilt({"requireSlim",
                         "denyDevelopment",
                         "denyEndOfLife",
                         "warnWithin",
                         "maxAge",
                         "denyMuslPython"});
  return rule;
}

ConfigRule read_config(FieldReader& fields) {
  ConfigRule rule;
  rule.deny_root_user = fields.read_bool("denyRootUser").value_or(false);
  rule.require_labels = read_list(fields, "requireLabels");
  rule.unknown = read_unknown(fields);
  fields.refuse_unbuilt(
      {"maxAge", "denyVolumes", "denyPorts", "denyNotebookServer", "denySecretEnv"});
  return rule;
}

// distribution/reference: [\w][\w.-]{0,127}
bool is_tag(std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= 128 && is_word(text.front()) &&
         std::all_of(
             text.begin(), text.end(), [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

std::vector<std::string> read_registries(FieldReader& fields) {
  constexpr std::string_view kSubdomains = "*.";
  std::vector<std::string> registries;
  for (const std::string& text : read_list(fields, "allowRegistries")) {
    const bool has_wildcard = text.starts_with(kSubdomains);
    auto host =
        parse_registry_host(std::string_view{text}.substr(has_wildcard ? kSubdomains.size() : 0));
    if (host) {
      registries.push_back((has_wildcard ? std::string{kSubdomains} : "") + *host);
    } else {
      fields.mistake("allowRegistries", host.error());
    }
  }
  return registries;
}

ReferenceRule read_reference_rule(FieldReader& fields) {
  ReferenceRule rule;
  rule.require_digest = fields.read_bool("requireDigest").value_or(false);
  rule.deny_tags = read_list(fields, "denyTags");
  for (const std::string& tag : rule.deny_tags) {
    if (!is_tag(tag)) {
      fields.mistake("denyTags",
                     fmt::format("{} is not a tag: expected at most 128 letters, digits, '_', '.' "
                                 "and '-'",
                                 quoted(tag)));
    }
  }
  rule.allow_registries = read_registries(fields);
  return rule;
}

PlatformsRule read_platforms(FieldReader& fields) {
  PlatformsRule rule;
  for (const std::string& text : read_list(fields, "required")) {
    auto platform = parse_platform(text);
    if (platform) {
      rule.required.push_back(std::move(*platform));
    } else {
      fields.mistake("required",
                     fmt::format("{} is not a platform: {}", quoted(text), platform.error()));
    }
  }
  return rule;
}

struct RuleKind {
  std::string_view name;
  RuleBody (*read)(FieldReader& fields);
};

constexpr std::array kRuleKinds{
    RuleKind{"size", [](FieldReader& fields) -> RuleBody { return read_size(fields); }},
    RuleKind{"layers", [](FieldReader& fields) -> RuleBody { return read_layers(fields); }},
    RuleKind{"base", [](FieldReader& fields) -> RuleBody { return read_base(fields); }},
    RuleKind{"config", [](FieldReader& fields) -> RuleBody { return read_config(fields); }},
    RuleKind{"reference",
             [](FieldReader& fields) -> RuleBody { return read_reference_rule(fields); }},
    RuleKind{"platforms", [](FieldReader& fields) -> RuleBody { return read_platforms(fields); }},
};

std::vector<std::string_view> kinds_of(FieldReader& rule) {
  std::vector<std::string_view> present;
  for (const RuleKind& kind : kRuleKinds) {
    if (rule.take(kind.name) != nullptr) {
      present.push_back(kind.name);
    }
  }
  for (const std::string_view kind : kUnbuiltKinds) {
    if (rule.take(kind) != nullptr) {
      present.push_back(kind);
    }
  }
  return present;
}

Severity read_severity(FieldReader& rule) {
  constexpr std::array kSeverities{
      Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info};
  const auto choice = rule.read_choice("severity", {"critical", "high", "medium", "low", "info"});
  return choice ? kSeverities[*choice] : Severity::Medium;
}

Rule read_rule(FieldReader& fields) {
  Rule rule;
  rule.name = read_label_name(fields, "name");
  rule.severity = read_severity(fields);
  rule.message = fields.read_string("message", kMaxMessage).value_or("");
  rule.actions = read_actions(fields, "validationActions");
  if (auto body = read_rule_body(fields)) {
    rule.body = std::move(*body);
  }
  return rule;
}

}  // namespace

std::optional<RuleBody> read_rule_body(FieldReader& rule) {
  const std::vector<std::string_view> present = kinds_of(rule);
  for (const std::string_view kind : kUnbuiltKinds) {
    rule.refuse_unbuilt({kind});
  }
  if (present.size() > 1) {
    rule.mistake(
        "", fmt::format("has {}, expected exactly one kind of rule", fmt::join(present, " and ")));
  } else if (present.empty()) {
    rule.mistake("",
                 "has no kind of rule, expected exactly one of size, layers, base, config, "
                 "reference, platforms");
  }
  std::optional<RuleBody> body;
  for (const RuleKind& kind : kRuleKinds) {
    rule.read_mapping(kind.name, [&](FieldReader& fields) {
      if (!fields.has_fields_besides("unknown")) {
        rule.mistake(kind.name, "checks nothing, expected at least one of its fields");
      }
      body = kind.read(fields);
    });
  }
  return body;
}

std::vector<Rule> read_rules(FieldReader& spec) {
  std::vector<Rule> rules;
  spec.require("rules");
  spec.read_mappings("rules", kMaxRules, [&](FieldReader& fields) {
    Rule rule = read_rule(fields);
    const bool is_known = std::any_of(
        rules.begin(), rules.end(), [&](const Rule& other) { return other.name == rule.name; });
    if (is_known && !rule.name.empty()) {
      fields.mistake("name", fmt::format("{} is the name of an earlier rule", quoted(rule.name)));
    }
    rules.push_back(std::move(rule));
  });
  if (const DocumentNode* list = spec.take("rules");
      list != nullptr && list->kind == DocumentNode::Kind::Sequence && list->items.empty()) {
    spec.mistake("rules", "is an empty list, expected 1 to 32 rules");
  }
  return rules;
}

}  // namespace leangate::policy
