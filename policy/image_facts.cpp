#include "policy/image_facts.h"

namespace leangate::policy {

std::string Platform::str() const {
  std::string text = os + "/" + architecture;
  if (!variant.empty()) {
    text += "/" + variant;
  }
  return text;
}

std::uint64_t ImageFacts::compressed_bytes() const {
  std::uint64_t sum = 0;
  for (const LayerFacts& layer : layers) {
    sum += layer.compressed_bytes;
  }
  return sum;
}

}  // namespace leangate::policy
