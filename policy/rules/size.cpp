#include "policy/rules/size.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include <fmt/format.h>

#include "policy/quantity.h"
#include "policy/rules/culprit.h"

namespace leangate::policy {

namespace {

Observation total_too_large(const PlatformImage& image, std::uint64_t total, std::uint64_t limit) {
  Observation finding;
  finding.check = "TotalCompressedSize";
  finding.observed = distinct_bytes(total, limit);
  finding.allowed = distinct_bytes(limit, total);
  finding.layer = largest_layer(image);
  finding.message = fmt::format("{}. Layer {} of {} alone is {}{}",
                                over_limit(finding.observed + " compressed", total, limit),
                                finding.layer->index,
                                finding.layer->of,
                                describe_bytes(finding.layer->compressed_bytes),
                                instruction_clause(*finding.layer));
  finding.remedy = advice_for(*finding.layer);
  return finding;
}

// ", and 2 more layers are over it": stands before the instruction, which may be long and cut.
std::string others_clause(std::size_t others) {
  return others == 0   ? std::string{}
         : others == 1 ? std::string{", and 1 more layer is over it"}
                       : fmt::format(", and {} more layers are over it", others);
}

// One finding however many layers are over the limit: an image may have a thousand of them, and
// who cures the largest reads of the next.
Observation layers_too_large(const PlatformImage& image, std::size_t over, std::uint64_t limit) {
  const CulpritLayer culprit = largest_layer(image);
  const std::uint64_t bytes = culprit.compressed_bytes;
  Observation finding;
  finding.check = "LayerCompressedSize";
  finding.observed = distinct_bytes(bytes, limit);
  finding.allowed = distinct_bytes(limit, bytes);
  finding.layer = culprit;
  finding.message = fmt::format("layer {} of {} is {} for one layer{}{}",
                                culprit.index,
                                culprit.of,
                                over_limit(finding.observed + " compressed", bytes, limit),
                                others_clause(over - 1),
                                instruction_clause(culprit));
  finding.remedy = advice_for(culprit);
  return finding;
}

}  // namespace

Judgement judge_size(const SizeRule& rule, const PlatformImage& image) {
  Judgement judgement;
  const std::uint64_t total = image.facts.compressed_bytes();
  if (rule.max_compressed && total > *rule.max_compressed) {
    judgement.findings.push_back(total_too_large(image, total, *rule.max_compressed));
  }
  if (rule.max_layer_compressed) {
    const auto& layers = image.facts.layers;
    const auto over = std::count_if(layers.begin(), layers.end(), [&](const LayerFacts& layer) {
      return layer.compressed_bytes > *rule.max_layer_compressed;
    });
    if (over > 0) {
      judgement.findings.push_back(
          layers_too_large(image, static_cast<std::size_t>(over), *rule.max_layer_compressed));
    }
  }
  return judgement;
}

}  // namespace leangate::policy
