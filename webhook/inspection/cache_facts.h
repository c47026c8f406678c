// What images hold, by digest: facts never expire, they are only forgotten for want of room.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "webhook/inspection/image_inspector.h"
#include "webhook/inspection/lru.h"

namespace leangate::inspection {

// Everything is kept packed (evidence_codec.h), and what was used lately also as it is used, so
// that a hit costs no decoding. Each part is bounded in bytes, least recently used first out.
// Not safe for several threads: its owner locks, and packs and unpacks outside of its lock.
class FactsCache {
 public:
  using Packed = std::shared_ptr<const std::string>;

  FactsCache(std::size_t max_packed_bytes, std::size_t max_unpacked_bytes)
      : packed_{max_packed_bytes}, unpacked_{max_unpacked_bytes} {}

  struct Found {
    Inspection unpacked;  // or null, and then perhaps
    Packed packed;
  };
  Found find(std::string_view key);

  void put(std::string_view key, const Packed& packed) {
    packed_.put(key, packed, bytes_of(packed));
  }
  void put_unpacked(std::string_view key, const Inspection& facts);

  std::size_t bytes() const { return packed_.bytes() + unpacked_.bytes(); }
  std::size_t size() const { return packed_.size(); }

 private:
  static std::size_t bytes_of(const Packed& packed);

  LruMap<Packed> packed_;
  LruMap<Inspection> unpacked_;
};

}  // namespace leangate::inspection
