// What names stood for when their registry was last asked, and so who may see what: a name is a tag
// or a digest in a repository together with the credentials that it was asked with.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/duration.h"
#include "policy/verdict.h"
#include "webhook/inspection/lru.h"

namespace leangate::inspection {

// The registry named this digest, and so granted it, to the asker.
struct Confirmation {
  std::string digest;
  std::chrono::steady_clock::time_point trusted_until;
  policy::Instant confirmed;  // when the registry said so
  // What it warned of as it was read. It stands here, not with the facts: those are shared by all
  // who are granted the same content, this was said by one registry to one asker.
  std::vector<policy::RegistryNotice> notices = {};
};

// Bounded in bytes, least recently used first out. Not safe for several threads: its owner locks.
class NameCache {
 public:
  explicit NameCache(std::size_t max_bytes) : entries_{max_bytes} {}

  // Null where it isn't known; valid until the next put.
  const Confirmation* find(std::string_view name_key) { return entries_.find(name_key); }
  void put(std::string_view name_key, Confirmation confirmation) {
    std::size_t bytes = confirmation.digest.capacity() + 1;
    for (const policy::RegistryNotice& notice : confirmation.notices) {
      bytes += sizeof(notice) + notice.registry.capacity() + notice.text.capacity();
    }
    entries_.put(name_key, std::move(confirmation), bytes);
  }
  // As put(), with the notices that are known already where the name stands for the same digest.
  void renew(std::string_view name_key, Confirmation confirmation) {
    const Confirmation* known = find(name_key);
    if (known != nullptr && known->digest == confirmation.digest) {
      confirmation.notices = known->notices;
    }
    put(name_key, std::move(confirmation));
  }
  void forget(std::string_view name_key) { entries_.erase(name_key); }

  std::size_t bytes() const { return entries_.bytes(); }

 private:
  LruMap<Confirmation> entries_;
};

}  // namespace leangate::inspection
