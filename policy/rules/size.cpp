#include "policy/rules/size.h"

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

Observation layer_too_large(const CulpritLayer& culprit, std::uint64_t limit) {
  const std::uint64_t bytes = culprit.compressed_bytes;
  Observation finding;
  finding.check = "LayerCompressedSize";
  finding.observed = distinct_bytes(bytes, limit);
  finding.allowed = distinct_bytes(limit, bytes);
  finding.layer = culprit;
  finding.message = fmt::format("layer {} of {} is {} for one layer{}",
                                culprit.index,
                                culprit.of,
                                over_limit(finding.observed + " compressed", bytes, limit),
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
    for (std::size_t i = 0; i < image.facts.layers.size(); ++i) {
      if (image.facts.layers[i].compressed_bytes > *rule.max_layer_compressed) {
        judgement.findings.push_back(
            layer_too_large(culprit_of(image, i), *rule.max_layer_compressed));
      }
    }
  }
  return judgement;
}

}  // namespace leangate::policy
