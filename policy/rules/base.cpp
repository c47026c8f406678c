#include "policy/rules/base.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "policy/image_reference.h"
#include "policy/one_line.h"

namespace leangate::policy {

namespace {

// A reference may be 4 KiB long; a message shows as much of it as a reader takes in.
constexpr std::size_t kShownName = 256;

std::vector<ImageReference> names_of(const BaseImage& base) {
  std::vector<std::string> texts = base.also_known_as;
  texts.insert(texts.begin(), base.name);
  std::vector<ImageReference> names;
  for (const std::string& text : texts) {
    if (const auto name = parse_image_reference(text)) {
      names.push_back(*name);
    }
  }
  return names;
}

// The first pattern that matches one of the names, else nullptr.
const Glob* find_match(const std::vector<Glob>& globs, const std::vector<ImageReference>& names) {
  const auto match = std::find_if(globs.begin(), globs.end(), [&](const Glob& glob) {
    return std::any_of(
        names.begin(), names.end(), [&](const ImageReference& name) { return glob.matches(name); });
  });
  return match == globs.end() ? nullptr : &*match;
}

std::string patterns(const std::vector<Glob>& globs) {
  std::vector<std::string> texts;
  std::transform(globs.begin(), globs.end(), std::back_inserter(texts), [](const Glob& glob) {
    return glob.pattern();
  });
  return join_some(texts);
}

std::string_view how_known(const BaseImage& base) {
  switch (base.method) {
    case BaseMethod::Layers:
      return "proven by its layers";
    case BaseMethod::Annotation:
      return "stated by an annotation";
    case BaseMethod::Environment:
      return "suspected from its environment";
    case BaseMethod::History:
      return "suspected from its history";
    case BaseMethod::Unknown:
      break;
  }
  return "unknown";
}

Observation about(const BaseImage& base, std::string_view check) {
  Observation finding;
  finding.check = check;
  finding.evidence = base.method == BaseMethod::Environment ? Evidence::Config
                     : base.method == BaseMethod::History   ? Evidence::History
                                                            : Evidence::Manifest;
  finding.certainty = base.certainty;
  finding.observed = one_line(base.name, kShownName);
  return finding;
}

std::string remedy(const BaseRule& rule) {
  if (rule.allow.empty()) {
    return "start the final stage from a slim, alpine or distroless base";
  }
  return fmt::format("start the final stage from {}{}",
                     rule.allow.size() > 1 ? "one of " : "",
                     patterns(rule.allow));
}

Observation denied(const BaseRule& rule, const BaseImage& base, const Glob& pattern) {
  Observation finding = about(base, "BaseDenied");
  finding.allowed = "not " + pattern.pattern();
  finding.message =
      fmt::format("built on {} ({}), which {}",
                  finding.observed,
                  how_known(base),
                  pattern.pattern() == base.name ? "the policy denies"
                                                 : fmt::format("{} denies", pattern.pattern()));
  finding.remedy = remedy(rule);
  return finding;
}

Observation not_allowed(const BaseRule& rule, const BaseImage& base) {
  Observation finding = about(base, "BaseAllowed");
  finding.allowed = patterns(rule.allow);
  finding.message = fmt::format(
      "built on {} ({}); allowed are {}", finding.observed, how_known(base), finding.allowed);
  finding.remedy = remedy(rule);
  return finding;
}

MissingEvidence unknown_base(const BaseRule& rule, const ImageFacts& facts) {
  MissingEvidence missing;
  missing.counts_as = rule.unknown;
  Observation& finding = missing.as_finding;
  finding.check = "BaseUnknown";
  finding.observed = "unknown";
  finding.allowed = patterns(rule.allow);
  const std::string stated = stated_base(facts);
  finding.message =
      stated.empty()
          ? "its base image is unknown: its layers begin with no known base and no annotation "
            "names one"
          : fmt::format(
                "its base image is unknown: the annotation says \"{}\", which is no image "
                "reference",
                one_line(stated, 64));
  finding.remedy =
      "name the base in the annotation org.opencontainers.image.base.name (buildah does, buildx "
      "takes --annotation), or have its reference added to the known bases";
  return missing;
}

}  // namespace

Judgement judge_base(const BaseRule& rule, const PlatformImage& image) {
  Judgement judgement;
  if (image.base.method == BaseMethod::Unknown) {
    judgement.missing.push_back(unknown_base(rule, image.facts));
    return judgement;
  }
  const std::vector<ImageReference> names = names_of(image.base);
  if (const Glob* pattern = find_match(rule.deny, names)) {
    judgement.findings.push_back(denied(rule, image.base, *pattern));
  } else if (!rule.allow.empty() && find_match(rule.allow, names) == nullptr) {
    judgement.findings.push_back(not_allowed(rule, image.base));
  }
  return judgement;
}

}  // namespace leangate::policy
