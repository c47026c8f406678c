// The hosts that were reached lately: their names aren't held up by those of strangers.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

namespace leangate::transport {

// Bounded, and each zone's part of it, too: a wildcard of one domain answers to any number of
// names. For one thread.
class KnownHosts {
 public:
  void remember(const std::string& host);
  bool knows(const std::string& host) const { return hosts_.count(host) > 0; }
  std::size_t size() const { return hosts_.size(); }

 private:
  std::unordered_set<std::string> hosts_;
  std::deque<std::string> order_;  // the oldest first
};

}  // namespace leangate::transport
