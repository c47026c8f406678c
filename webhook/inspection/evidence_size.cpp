#include "webhook/inspection/evidence_size.h"

#include <map>
#include <string>
#include <vector>

namespace leangate::inspection {
namespace {

// Two pointers that malloc keeps beside every block.
constexpr std::size_t kBlockBytes = 16;
// A red-black tree's node beside its value: colour and three pointers.
constexpr std::size_t kTreeNodeBytes = 32 + kBlockBytes;

// libstdc++ keeps up to 15 characters in the string itself.
std::size_t heap_of(const std::string& text) {
  return text.capacity() > 15 ? text.capacity() + 1 + kBlockBytes : 0;
}

std::size_t heap_of(const std::vector<std::string>& texts) {
  std::size_t bytes = texts.capacity() * sizeof(std::string) + kBlockBytes;
  for (const std::string& text : texts) {
    bytes += heap_of(text);
  }
  return bytes;
}

std::size_t heap_of(const std::map<std::string, std::string>& texts) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : texts) {
    bytes += 2 * sizeof(std::string) + kTreeNodeBytes + heap_of(key) + heap_of(value);
  }
  return bytes;
}

std::size_t heap_of(const policy::Platform& platform) {
  return heap_of(platform.os) + heap_of(platform.architecture) + heap_of(platform.variant);
}

std::size_t heap_of(const policy::ImageConfig& config) {
  std::size_t bytes = heap_of(config.user) + heap_of(config.env) + heap_of(config.labels) +
                      heap_of(config.diff_ids) + kBlockBytes +
                      config.history.capacity() * sizeof(policy::HistoryEntry);
  for (const policy::HistoryEntry& entry : config.history) {
    bytes += heap_of(entry.created_by) + heap_of(entry.comment);
  }
  return bytes;
}

std::size_t heap_of(const policy::ImageFacts& facts) {
  std::size_t bytes = heap_of(facts.manifest_digest) + heap_of(facts.platform) +
                      heap_of(facts.annotations) + kBlockBytes +
                      facts.layers.capacity() * sizeof(policy::LayerFacts);
  for (const policy::LayerFacts& layer : facts.layers) {
    bytes += heap_of(layer.digest) + heap_of(layer.media_type);
  }
  return facts.config ? bytes + heap_of(*facts.config) : bytes;
}

}  // namespace

std::size_t memory_of(const policy::ImageEvidence& evidence) {
  std::size_t bytes = sizeof(evidence) + 4 * kBlockBytes + heap_of(evidence.digest) +
                      evidence.platforms.capacity() * sizeof(policy::ImageFacts) +
                      evidence.offered.capacity() * sizeof(policy::Platform);
  for (const policy::ImageFacts& facts : evidence.platforms) {
    bytes += heap_of(facts);
  }
  for (const policy::Platform& platform : evidence.offered) {
    bytes += heap_of(platform);
  }
  if (evidence.failure) {
    bytes += heap_of(evidence.failure->detail) + heap_of(evidence.failure->public_detail);
  }
  bytes +=
      heap_of(evidence.served_by) + evidence.notices.capacity() * sizeof(policy::RegistryNotice);
  for (const policy::RegistryNotice& notice : evidence.notices) {
    bytes += heap_of(notice.registry) + heap_of(notice.text);
  }
  return bytes;
}

}  // namespace leangate::inspection
