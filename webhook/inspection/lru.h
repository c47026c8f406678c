// A map bounded in bytes: when it is full, what was used longest ago goes first.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace leangate::inspection {

// Not safe for several threads: its owner locks.
template <typename Value>
class LruMap {
 public:
  explicit LruMap(std::size_t max_bytes) : max_bytes_{max_bytes} {}

  // nullptr when it isn't there; valid until the next put or erase.
  Value* find(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  // `bytes`: what the value holds; key and bookkeeping are added here. What alone is larger than
  // the map is not kept.
  void put(std::string_view key, Value value, std::size_t bytes) {
    erase(key);
    bytes += key.size() + sizeof(Entry) + kNodeBytes;
    if (bytes > max_bytes_) {
      return;
    }
    entries_.push_front({std::string{key}, std::move(value), bytes});
    index_.emplace(entries_.front().key, entries_.begin());
    bytes_ += bytes;
    while (bytes_ > max_bytes_) {
      erase(entries_.back().key);
    }
  }

  void erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return;
    }
    const auto entry = found->second;
    bytes_ -= entry->bytes;
    index_.erase(found);  // first: its key lives in the entry
    entries_.erase(entry);
  }

  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Value value;
    std::size_t bytes = 0;
  };
  // The list's two pointers, a hash node of five words, a bucket, and malloc's headers of both
  // nodes and of the key.
  static constexpr std::size_t kNodeBytes = 16 + 40 + 8 + 3 * 16;

  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index_;
};

}  // namespace leangate::inspection
