// What a policy covers: actions, globs, label selectors and the `match` that is made of them.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "policy/policy_reader_parts.h"

namespace leangate::policy {
namespace {

constexpr std::size_t kMaxGlobs = 128;
constexpr std::size_t kMaxRequirements = 64;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_alphanumeric(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

// The name part of a label key, or a label's value: at most 63 of letters, digits, '-', '_', '.',
// a letter or digit at both ends (apimachinery, IsQualifiedName and IsValidLabelValue).
bool is_label_word(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  return slash == std::string_view::npos
             ? is_label_word(key)
             : is_dns_subdomain(key.substr(0, slash)) && is_label_word(key.substr(slash + 1));
}

void check_requirement(FieldReader& fields, std::string_view field, const LabelRequirement& read) {
  if (!read.key.empty() && !is_label_key(read.key)) {
    fields.mistake(field, fmt::format("{} is no label key", quoted(read.key)));
  }
  for (const std::string& value : read.values) {
    if (!value.empty() && !is_label_word(value)) {
      fields.mistake(field == "key" ? "values" : field,
                     fmt::format("{} is no label value", quoted(value)));
    }
  }
}

LabelRequirement read_expression(FieldReader& fields) {
  using Operator = LabelRequirement::Operator;
  LabelRequirement requirement;
  fields.require("key");
  fields.require("operator");
  requirement.key = fields.read_string("key").value_or("");
  const auto op = fields.read_choice("operator", {"In", "NotIn", "Exists", "DoesNotExist"});
  const auto values = fields.read_strings("values", kMaxRequirements);
  requirement.values = values.value_or(std::vector<std::string>{});
  if (op) {
    requirement.op = static_cast<Operator>(*op);
    const bool takes_values = requirement.op == Operator::In || requirement.op == Operator::NotIn;
    if (takes_values && requirement.values.empty()) {
      fields.mistake("values", "In and NotIn need at least one value");
    } else if (!takes_values && !requirement.values.empty()) {
      fields.mistake("values", "Exists and DoesNotExist take no values");
    }
  }
  check_requirement(fields, "key", requirement);
  return requirement;
}

}  // namespace

bool is_dns_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_lower_or_digit(text.front()) &&
         is_lower_or_digit(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower_or_digit(c) || c == '-';
         });
}

bool is_dns_subdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) {
    return false;
  }
  // Each part is as a label, but for its length: Kubernetes bounds only the whole.
  for (char before = '.'; const char c : text) {
    if (c == '.' ? !is_lower_or_digit(before)
                 : !is_lower_or_digit(c) && (c != '-' || before == '.')) {
      return false;
    }
    before = c;
  }
  return is_lower_or_digit(text.back());
}

std::string read_label_name(FieldReader& fields, std::string_view name) {
  fields.require(name);
  const auto text = fields.read_string(name);
  if (text && !is_dns_label(*text)) {
    fields.mistake(name,
                   fmt::format("{} is no name: expected at most 63 of a-z, 0-9 and '-', a letter "
                               "or digit at both ends",
                               quoted(*text)));
  }
  return text.value_or("");
}

std::optional<ActionSet> read_actions(FieldReader& fields, std::string_view name) {
  constexpr std::array kActions{Action::Deny, Action::Warn, Action::Audit};
  const auto choices = fields.read_choices(name, {"Deny", "Warn", "Audit"});
  if (!choices) {
    return std::nullopt;
  }
  ActionSet actions;
  for (const std::size_t choice : *choices) {
    actions.insert(kActions[choice]);
  }
  if (actions.count(Action::Deny) > 0 && actions.count(Action::Warn) > 0) {
    fields.mistake(name, "Deny and Warn exclude each other: a denial shows the message anyway");
  }
  return actions;
}

Result<Glob, std::string> parse_policy_glob(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view host = slash == std::string_view::npos ? "" : text.substr(0, slash);
  std::string_view rest = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const bool is_host = host == "localhost" || host.find_first_of(".:*[") != std::string_view::npos;
  const bool is_docker = host == "docker.io" || host == "index.docker.io";
  const bool crosses = rest.substr(0, 2) == "**";
  if (text.empty() || (is_host && !is_docker) || (host.empty() && crosses)) {
    return Glob::compile(text);
  }
  if (!host.empty() && !is_host) {
    return Glob::compile("docker.io/" + std::string{text});
  }
  if (crosses || rest.find('/') != std::string_view::npos) {
    return Glob::compile("docker.io/" + std::string{rest});
  }
  if (rest.substr(0, 1) == "*") {
    return Failure{
        std::string{"a single * in front would stand for names in docker.io/library "
                    "only, write ** for any repository"}};
  }
  return Glob::compile("docker.io/library/" + std::string{rest});
}

std::vector<Glob> read_globs(FieldReader& fields, std::string_view name) {
  std::vector<Glob> globs;
  fields.read_mappings(name, kMaxGlobs, [&](FieldReader& entry) {
    entry.require("glob");
    const auto text = entry.read_string("glob");
    if (!text) {
      return;
    }
    auto glob = parse_policy_glob(*text);
    if (!glob) {
      entry.mistake("glob", fmt::format("{} is not a glob: {}", quoted(*text), glob.error()));
    } else if (std::find(globs.begin(), globs.end(), *glob) != globs.end()) {
      entry.mistake("glob", fmt::format("{} stands in the list already", quoted(*text)));
    } else {
      globs.push_back(std::move(*glob));
    }
  });
  return globs;
}

LabelSelector read_selector(FieldReader& fields, std::string_view name) {
  LabelSelector selector;
  fields.read_mapping(name, [&](FieldReader& entry) {
    const auto labels = entry.read_string_map("matchLabels", kMaxRequirements);
    if (labels) {
      for (const auto& [key, value] : *labels) {
        selector.push_back({key, LabelRequirement::Operator::In, {value}});
        check_requirement(entry, "matchLabels", selector.back());
      }
    }
    entry.read_mappings("matchExpressions", kMaxRequirements, [&](FieldReader& expression) {
      selector.push_back(read_expression(expression));
    });
  });
  return selector;
}

Match read_match(FieldReader& spec, bool is_cluster_wide) {
  Match match;
  std::optional<std::vector<std::size_t>> types;
  std::optional<std::vector<std::size_t>> kinds;
  spec.read_mapping("match", [&](FieldReader& fields) {
    if (is_cluster_wide) {
      match.namespace_selector = read_selector(fields, "namespaceSelector");
    } else if (fields.take("namespaceSelector") != nullptr) {
      fields.mistake("namespaceSelector", "a LeanImagePolicy covers its own namespace only");
    }
    match.object_selector = read_selector(fields, "objectSelector");
    match.images = read_globs(fields, "images");
    match.exclude_images = read_globs(fields, "excludeImages");
    // Both lists in the order of their enumerations.
    types = fields.read_choices(
        "containerTypes", {"containers", "initContainers", "ephemeralContainers", "imageVolumes"});
    kinds = fields.read_choices("kinds",
                                {"Pod",
                                 "Deployment",
                                 "ReplicaSet",
                                 "StatefulSet",
                                 "DaemonSet",
                                 "ReplicationController",
                                 "Job",
                                 "CronJob",
                                 "PodTemplate"});
  });
  for (const std::size_t type : types.value_or(std::vector<std::size_t>{0, 1, 2, 3})) {
    match.container_types.insert(static_cast<ContainerType>(type));
  }
  for (const std::size_t kind :
       kinds.value_or(std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8})) {
    match.kinds.insert(static_cast<WorkloadKind>(kind));
  }
  return match;
}

}  // namespace leangate::policy
