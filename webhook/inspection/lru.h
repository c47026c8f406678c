// A map bounded in bytes: when it is full, what was used longest ago goes first.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace leangate::inspection {

// Not safe for several threads: its owner locks.
template <typename Value>
class LruMap {
 public:
  explicit LruMap(std::size_t max_bytes) : max_bytes_{max_bytes} {}

  // nullptr when it isn't there; valid until the next put or erase.
  Value* find(const std::string& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  // `bytes`: what the value holds; key and bookkeeping are added here. What alone is larger than
  // the map is not kept.
  void put(const std::string& key, Value value, std::size_t bytes) {
    erase(key);
    // The key stands in the list and in the index; two nodes with their pointers and hashes.
    bytes += 2 * key.size() + sizeof(Entry) + kNodeBytes;
    if (bytes > max_bytes_) {
      return;
    }
    entries_.push_front({key, std::move(value), bytes});
    index_.emplace(key, entries_.begin());
    bytes_ += bytes;
    while (bytes_ > max_bytes_) {
      erase(std::string{entries_.back().key});
    }
  }

  void erase(const std::string& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return;
    }
    bytes_ -= found->second->bytes;
    entries_.erase(found->second);
    index_.erase(found);
  }

  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Value value;
    std::size_t bytes = 0;
  };
  // A list node, a hash node with a std::string, a bucket, and malloc's headers.
  static constexpr std::size_t kNodeBytes = 128;

  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace leangate::inspection
