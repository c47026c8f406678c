#include "policy/base_image.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "policy/image_reference.h"

namespace leangate::policy {

namespace {

// OCI image-spec, annotations.md, "Pre-Defined Annotation Keys".
constexpr const char* kBaseName = "org.opencontainers.image.base.name";
constexpr std::string_view kScratch = "scratch";

bool begins_with(const std::vector<std::string>& chain, const std::vector<std::string>& base) {
  return !base.empty() && base.size() <= chain.size() &&
         std::equal(base.begin(), base.end(), chain.begin());
}

std::vector<std::string> layer_digests(const ImageFacts& facts) {
  std::vector<std::string> digests;
  digests.reserve(facts.layers.size());
  for (const LayerFacts& layer : facts.layers) {
    digests.push_back(layer.digest);
  }
  return digests;
}

// A config whose diff_ids don't match the layers in number can't be run and isn't believed.
bool has_diff_ids(const ImageFacts& facts) {
  return facts.config && !facts.config->diff_ids.empty() &&
         facts.config->diff_ids.size() == facts.layers.size();
}

BaseImage find_by_layers(const ImageFacts& facts, const ReferenceData& reference) {
  const bool by_diff_ids = has_diff_ids(facts);
  const std::vector<std::string> chain =
      by_diff_ids ? facts.config->diff_ids : layer_digests(facts);
  BaseImage best;
  std::size_t longest = 0;
  for (const KnownBase& base : reference.bases) {
    const auto& known = by_diff_ids ? base.diff_ids : base.layer_digests;
    if (!begins_with(chain, known) || known.size() < longest) {
      continue;
    }
    if (known.size() > longest) {
      longest = known.size();
      best = {base.name, BaseMethod::Layers, Certainty::Proven, {}};
    } else if (base.name != best.name) {
      best.also_known_as.push_back(base.name);
    }
  }
  return best;
}

// "name:tag@sha256:..." -> "name:tag": the digest names last month's build of that tag.
std::string_view without_redundant_digest(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('@'));
  const std::size_t slash = name.rfind('/');
  const std::size_t colon = name.rfind(':');
  const bool has_tag =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return has_tag ? name : text;
}

BaseImage find_by_annotation(const ImageFacts& facts) {
  const std::string stated = stated_base(facts);
  if (stated == kScratch) {
    return {stated, BaseMethod::Annotation, Certainty::Stated, {}};
  }
  const auto name = parse_image_reference(without_redundant_digest(stated));
  if (!name) {
    return {};
  }
  return {name->str(), BaseMethod::Annotation, Certainty::Stated, {}};
}

}  // namespace

std::string stated_base(const ImageFacts& facts) {
  const auto annotation = facts.annotations.find(kBaseName);
  if (annotation != facts.annotations.end() && !annotation->second.empty()) {
    return annotation->second;
  }
  if (facts.config) {
    const auto label = facts.config->labels.find(kBaseName);
    if (label != facts.config->labels.end()) {
      return label->second;
    }
  }
  return {};
}

BaseImage find_base(const ImageFacts& facts, const ReferenceData& reference) {
  BaseImage base = find_by_layers(facts, reference);
  return base.method != BaseMethod::Unknown ? base : find_by_annotation(facts);
}

}  // namespace leangate::policy
