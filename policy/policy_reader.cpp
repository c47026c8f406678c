#include "policy/policy_reader.h"

#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "policy/actions.h"
#include "policy/document_tree.h"
#include "policy/field_reader.h"
#include "policy/policy_reader_parts.h"

namespace leangate::policy {
namespace {

constexpr std::string_view kApiVersion = "leangate.io/v1alpha1";
constexpr std::string_view kClusterPolicy = "ClusterLeanImagePolicy";
constexpr std::string_view kPolicy = "LeanImagePolicy";
constexpr std::string_view kException = "LeanImageException";

struct Metadata {
  std::string name;
  std::string namespace_name;
};

void check_names(FieldReader& metadata, const Metadata& read, bool is_cluster_wide) {
  if (!read.name.empty() && !is_dns_subdomain(read.name)) {
    metadata.mistake("name",
                     fmt::format("{} is no name: expected at most 253 of a-z, 0-9, '-' and '.', a "
                                 "letter or digit at both ends",
                                 quoted(read.name)));
  }
  if (is_cluster_wide && !read.namespace_name.empty()) {
    metadata.mistake("namespace",
                     "a ClusterLeanImagePolicy has no namespace: LeanImagePolicy is the kind for "
                     "one namespace");
  } else if (!read.namespace_name.empty() && !is_dns_label(read.namespace_name)) {
    metadata.mistake("namespace",
                     fmt::format("{} is no namespace: expected at most 63 of a-z, 0-9 and '-', a "
                                 "letter or digit at both ends",
                                 quoted(read.namespace_name)));
  }
}

Metadata read_metadata(FieldReader& document, bool is_cluster_wide) {
  Metadata result;
  document.require("metadata");
  document.read_mapping("metadata", [&](FieldReader& metadata) {
    metadata.require("name");
    if (!is_cluster_wide) {
      metadata.require("namespace");
    }
    result.name = metadata.read_string("name").value_or("");
    result.namespace_name = metadata.read_string("namespace").value_or("");
    check_names(metadata, result, is_cluster_wide);
    // Everybody's, and what a cluster adds to an object that was exported from it.
    for (const char* field : {"labels",
                              "annotations",
                              "uid",
                              "resourceVersion",
                              "generation",
                              "creationTimestamp",
                              "managedFields",
                              "ownerReferences",
                              "finalizers",
                              "generateName",
                              "selfLink"}) {
      metadata.take(field);
    }
  });
  return result;
}

void read_policy_spec(FieldReader& spec, bool is_cluster_wide, Policy& policy) {
  policy.actions =
      read_actions(spec, "validationActions").value_or(ActionSet{Action::Warn, Action::Audit});
  policy.workload_actions = read_actions(spec, "workloadActions").value_or(soften(policy.actions));
  policy.match = read_match(spec, is_cluster_wide);
  policy.rules = read_rules(spec);
  const auto failure = spec.read_choice("failurePolicy", {"Ignore", "Fail"});
  policy.failure_policy = failure == 1u ? FailurePolicy::Fail : FailurePolicy::Ignore;
  const auto updates = spec.read_choice("updates", {"Changed", "All"});
  policy.updates = updates == 1u ? Updates::All : Updates::Changed;
  policy.exemptions = read_exemptions(spec, policy.rules, is_cluster_wide);
}

void read_policy(FieldReader& document, bool is_cluster_wide, PolicySet& set) {
  const Metadata metadata = read_metadata(document, is_cluster_wide);
  Policy policy;
  policy.name = metadata.name;
  policy.namespace_name = metadata.namespace_name;
  document.require("spec");
  document.read_mapping(
      "spec", [&](FieldReader& spec) { read_policy_spec(spec, is_cluster_wide, policy); });
  document.take("status");
  set.policies.push_back(std::move(policy));
}

void read_exception_document(FieldReader& document, PolicySet& set) {
  const Metadata metadata = read_metadata(document, false);
  Exception exception;
  document.require("spec");
  document.read_mapping("spec", [&](FieldReader& spec) { exception = read_exception(spec); });
  document.take("status");
  exception.name = metadata.name;
  exception.namespace_name = metadata.namespace_name;
  set.exceptions.push_back(std::move(exception));
}

// Whether the document is of our version and of a kind that is read here.
std::optional<std::string> read_kind(FieldReader& document) {
  document.require("apiVersion");
  document.require("kind");
  const auto version = document.read_string("apiVersion");
  const auto kind = document.read_string("kind");
  if (version && *version != kApiVersion) {
    document.mistake(
        "apiVersion",
        fmt::format("{} is not read here, expected {}", quoted(*version), kApiVersion));
    return std::nullopt;
  }
  if (kind && *kind != kClusterPolicy && *kind != kPolicy && *kind != kException) {
    document.mistake(
        "kind",
        fmt::format("{} is not a kind of policy, expected {}, {} or {}{}",
                    quoted(*kind),
                    kClusterPolicy,
                    kPolicy,
                    kException,
                    *kind == "Configuration" ? "; --config takes the configuration file" : ""));
    return std::nullopt;
  }
  return version ? kind : std::nullopt;
}

void read_document(const DocumentNode& node, MistakeLog& log, PolicySet& set) {
  FieldReader document{node, "", log};
  if (!document.is_mapping()) {
    return;
  }
  const auto kind = read_kind(document);
  if (!kind) {
    return;  // the fields of another kind would only be complained of
  }
  if (*kind == kException) {
    read_exception_document(document, set);
  } else {
    read_policy(document, *kind == kClusterPolicy, set);
  }
  document.finish();
}

}  // namespace

PolicyReading read_policies(std::string_view text, const std::string& file) {
  Documents documents = read_documents(text, file);
  PolicyReading reading;
  MistakeLog log{file, std::move(documents.mistakes), documents.more_mistakes};
  for (const DocumentNode& document : documents.documents) {
    read_document(document, log, reading.policies);
  }
  reading.mistakes = log.take();
  return reading;
}

std::vector<Mistake> find_conflicts(const std::vector<std::pair<std::string, PolicySet>>& files) {
  using Identity = std::tuple<std::string_view, std::string, std::string>;
  std::map<Identity, std::string> seen;
  std::vector<Mistake> mistakes;
  const auto note = [&](const std::string& file, const Identity& identity) {
    const auto [first, is_new] = seen.emplace(identity, file);
    if (!is_new) {
      const auto& [kind, namespace_name, name] = identity;
      mistakes.push_back({file,
                          {},
                          "metadata.name",
                          fmt::format("{} {}{}{} is defined in {} already",
                                      kind,
                                      namespace_name,
                                      namespace_name.empty() ? "" : "/",
                                      name,
                                      first->second)});
    }
  };
  for (const auto& [file, set] : files) {
    for (const Policy& policy : set.policies) {
      note(file,
           {policy.is_cluster_wide() ? kClusterPolicy : kPolicy,
            policy.namespace_name,
            policy.name});
    }
    for (const Exception& exception : set.exceptions) {
      note(file, {kException, exception.namespace_name, exception.name});
    }
  }
  return mistakes;
}

}  // namespace leangate::policy
