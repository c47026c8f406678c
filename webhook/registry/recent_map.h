// A map of bounded size: when it is full, what was used longest ago goes first.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace leangate::registry {

// Not safe for several threads: its owner locks.
template <typename Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t most) : most_{most} {}

  // nullptr when it isn't there; valid until it is erased or crowded out.
  Value* find(const std::string& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  // What is there, or a new one.
  Value& operator[](const std::string& key) {
    if (Value* found = find(key)) {
      return *found;
    }
    if (entries_.size() >= most_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, Value{});
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }

  void erase(const std::string& key) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.erase(found->second);
      index_.erase(found);
    }
  }

  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<std::string, Value>>;

  const std::size_t most_;
  Entries entries_;  // most recently used first
  std::unordered_map<std::string, typename Entries::iterator> index_;
};

}  // namespace leangate::registry
