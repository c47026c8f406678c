// Indexes of hostile registries: what is kept of one names content by digest, within bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "policy/image_reference.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leangate;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  constexpr std::string_view kType = "application/vnd.oci.image.index.v1+json";
  const auto document = registry::read_manifest(text, kType, kType);
  if (!document) {
    return 0;
  }
  const auto& index = std::get<registry::Index>(*document);  // described as one, or an error
  if (index.entries.size() > registry::kMaxIndexEntries) {
    __builtin_trap();
  }
  for (const registry::IndexEntry& entry : index.entries) {
    if (!policy::is_digest(entry.descriptor.digest) || entry.descriptor.size == 0) {
      __builtin_trap();
    }
  }
  return 0;
}
