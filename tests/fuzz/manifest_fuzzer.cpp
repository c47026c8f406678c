// Manifests and indexes of hostile registries.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "webhook/registry/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)leangate::registry::read_manifest(text, {}, {});
  return 0;
}
