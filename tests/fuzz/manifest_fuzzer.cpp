// Manifests of hostile registries, and what passes for one: what is kept names content by digest,
// and its sizes add up.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>

#include "policy/image_reference.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leangate;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto document = registry::read_manifest(text, {}, {});
  if (!document || !std::holds_alternative<registry::Manifest>(*document)) {
    return 0;
  }
  const auto& manifest = std::get<registry::Manifest>(*document);
  if (manifest.layers.size() > registry::kMaxLayers || !policy::is_digest(manifest.config.digest)) {
    __builtin_trap();
  }
  std::uint64_t left = std::numeric_limits<std::int64_t>::max();
  for (const policy::LayerFacts& layer : manifest.layers) {
    if (layer.compressed_bytes == 0 || layer.compressed_bytes > left ||
        !policy::is_digest(layer.digest)) {
      __builtin_trap();
    }
    left -= layer.compressed_bytes;
  }
  return 0;
}
