#include "policy/rules/platforms.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace leangate::policy {

namespace {

// The variant that an architecture means when it names none (containerd's platforms package).
std::string variant_of(const Platform& platform) {
  if (!platform.variant.empty()) {
    return platform.variant;
  }
  if (platform.architecture == "arm64") {
    return "v8";
  }
  return platform.architecture == "arm" ? "v7" : "";
}

// A required platform without a variant is met by any variant.
bool meets(const Platform& offered, const Platform& required) {
  return offered.os == required.os && offered.architecture == required.architecture &&
         (required.variant.empty() || variant_of(offered) == variant_of(required));
}

std::string names(const std::vector<Platform>& platforms) {
  std::vector<std::string> texts;
  texts.reserve(platforms.size());
  for (const Platform& platform : platforms) {
    texts.push_back(platform.str());
  }
  return join_some(texts);
}

// As buildx takes them.
std::string as_flag(const std::vector<Platform>& platforms) {
  std::string flag;
  for (const Platform& platform : platforms) {
    flag += (flag.empty() ? "" : ",") + platform.str();
  }
  return flag;
}

}  // namespace

Judgement judge_platforms(const PlatformsRule& rule, const std::vector<Platform>& offered) {
  std::vector<Platform> absent;
  for (const Platform& required : rule.required) {
    const bool met = std::any_of(offered.begin(), offered.end(), [&](const Platform& platform) {
      return meets(platform, required);
    });
    if (!met) {
      absent.push_back(required);
    }
  }
  Judgement judgement;
  if (absent.empty()) {
    return judgement;
  }
  Observation finding;
  finding.check = "RequiredPlatform";
  finding.observed = offered.empty() ? "no platform" : names(offered);
  finding.allowed = names(rule.required);
  finding.message =
      fmt::format("isn't built for {}; it offers {}", names(absent), finding.observed);
  finding.remedy = fmt::format("build for all of them: docker buildx build --platform {}",
                               as_flag(rule.required));
  judgement.findings.push_back(std::move(finding));
  return judgement;
}

}  // namespace leangate::policy
