#include "webhook/inspection/cache_facts.h"

#include "webhook/inspection/evidence_size.h"

namespace leangate::inspection {

FactsCache::Found FactsCache::find(std::string_view key) {
  // Both are asked, so that what is used unpacked doesn't grow old in its packed form.
  const Packed* packed = packed_.find(key);
  const Inspection* unpacked = unpacked_.find(key);
  return {unpacked != nullptr ? *unpacked : nullptr, packed != nullptr ? *packed : nullptr};
}

void FactsCache::put_unpacked(std::string_view key, const Inspection& facts) {
  unpacked_.put(key, facts, memory_of(*facts));
}

// The text, the string, and the count and header of the shared block.
std::size_t FactsCache::bytes_of(const Packed& packed) {
  constexpr std::size_t kSharedBlock = 16 + 2 * 16;
  return packed->capacity() + 1 + sizeof(std::string) + kSharedBlock;
}

}  // namespace leangate::inspection
