#include "policy/rules/reference.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace leangate::policy {

namespace {

Observation about(std::string_view check, std::string observed, std::string allowed) {
  Observation finding;
  finding.check = check;
  finding.evidence = Evidence::Pod;
  finding.observed = std::move(observed);
  finding.allowed = std::move(allowed);
  return finding;
}

Observation no_digest(const std::string& tag) {
  Observation finding = about("DigestRequired", "tag " + tag, "a digest");
  finding.message = fmt::format("named by the tag {}, which can move; a digest is required", tag);
  finding.remedy =
      "name the image by digest, as in NAME@sha256:... (crane digest NAME:TAG tells it)";
  return finding;
}

Observation denied_tag(const std::string& tag) {
  Observation finding = about("DeniedTag", "tag " + tag, "not " + tag);
  finding.message =
      tag == "latest"
          ? std::string{"the tag latest is denied (a name without tag and digest means it)"}
          : fmt::format("the tag {} is denied", tag);
  finding.remedy = "use the tag of a release, or better its digest";
  return finding;
}

Observation other_registry(const ReferenceRule& rule, const std::string& domain) {
  Observation finding = about("RegistryAllowed", domain, join_some(rule.allow_registries));
  finding.message =
      fmt::format("comes from the registry {}; allowed are {}", domain, finding.allowed);
  finding.remedy = "push the image to an allowed registry and name it there";
  return finding;
}

// "registry.example:5000" means itself; "*.example" any name below example.
bool matches_registry(const std::string& pattern, const std::string& domain) {
  if (!pattern.starts_with("*.")) {
    return pattern == domain;
  }
  const std::string suffix = pattern.substr(1);
  return domain.size() > suffix.size() && domain.ends_with(suffix);
}

bool allows_registry(const ReferenceRule& rule, const std::string& domain) {
  return rule.allow_registries.empty() ||
         std::any_of(rule.allow_registries.begin(),
                     rule.allow_registries.end(),
                     [&](const std::string& pattern) { return matches_registry(pattern, domain); });
}

}  // namespace

Judgement judge_reference(const ReferenceRule& rule, const ImageReference& reference) {
  Judgement judgement;
  if (rule.require_digest && !reference.digest) {
    judgement.findings.push_back(no_digest(reference.tag.value_or("latest")));
  }
  if (reference.tag && std::find(rule.deny_tags.begin(), rule.deny_tags.end(), *reference.tag) !=
                           rule.deny_tags.end()) {
    judgement.findings.push_back(denied_tag(*reference.tag));
  }
  if (!allows_registry(rule, reference.domain)) {
    judgement.findings.push_back(other_registry(rule, reference.domain));
  }
  return judgement;
}

}  // namespace leangate::policy
