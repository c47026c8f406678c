#include "policy/rules/layers.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "policy/rules/culprit.h"

namespace leangate::policy {

namespace {

Observation too_many(std::size_t count, std::uint32_t limit) {
  Observation finding;
  finding.check = "LayerCount";
  finding.observed = std::to_string(count);
  finding.allowed = std::to_string(limit);
  finding.message = fmt::format("{} layers, the limit is {}", count, limit);
  finding.remedy =
      "join RUN instructions that belong together, or copy the result of the build into a final "
      "stage of its own (multi-stage build)";
  return finding;
}

// Nothing when no layer is of that type.
std::vector<Observation> find_media_type(const std::string& denied, const PlatformImage& image) {
  std::vector<std::size_t> hits;
  for (std::size_t i = 0; i < image.facts.layers.size(); ++i) {
    if (image.facts.layers[i].media_type == denied) {
      hits.push_back(i);
    }
  }
  if (hits.empty()) {
    return {};
  }
  Observation finding;
  finding.check = "LayerMediaType";
  finding.layer = culprit_of(image, hits.front());
  finding.observed = denied;
  finding.allowed = "other media types";
  finding.message = fmt::format(
      "layer {} of {} has the denied media type {}{}",
      finding.layer->index,
      finding.layer->of,
      denied,
      hits.size() > 1 ? fmt::format(" (as {} layers have)", hits.size()) : std::string{});
  finding.remedy =
      "push the image again with ordinary compressed layers (buildx: compression=zstd or gzip, "
      "force-compression=true)";
  return {finding};
}

}  // namespace

Judgement judge_layers(const LayersRule& rule, const PlatformImage& image) {
  Judgement judgement;
  if (rule.max && image.facts.layers.size() > *rule.max) {
    judgement.findings.push_back(too_many(image.facts.layers.size(), *rule.max));
  }
  for (const std::string& denied : rule.deny_media_types) {
    for (Observation& finding : find_media_type(denied, image)) {
      judgement.findings.push_back(std::move(finding));
    }
  }
  return judgement;
}

}  // namespace leangate::policy
