// Lookups that wait for their turn: so many at one time in all, so many for one host, so that one
// slow registry keeps no other waiting.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace leangate::inspection {

// Not safe for several threads: its owner locks. `Task` is moved in and out.
template <typename Task>
class HostQueue {
 public:
  HostQueue(std::size_t max_running, std::size_t per_host, std::size_t max_waiting)
      : max_running_{max_running}, per_host_{per_host}, max_waiting_{max_waiting} {}

  // False, and nothing queued, when too much waits already: for this host or in all.
  bool push(const std::string& host, Task task) {
    Host& entry = hosts_[host];
    if (waiting_ >= max_waiting_ || entry.waiting.size() >= kWaitingPerSlot * per_host_) {
      forget_if_idle(host);
      return false;
    }
    entry.waiting.push_back(std::move(task));
    ++waiting_;
    return true;
  }

  // The next one that may run, of the hosts in turn; it counts as running until finished(host).
  std::optional<Task> next() {
    if (running_ >= max_running_ || waiting_ == 0) {
      return std::nullopt;
    }
    auto host = hosts_.upper_bound(last_);
    for (std::size_t i = 0; i < hosts_.size(); ++i, ++host) {
      if (host == hosts_.end()) {
        host = hosts_.begin();
      }
      if (host->second.waiting.empty() || host->second.running >= per_host_) {
        continue;
      }
      Task task = std::move(host->second.waiting.front());
      host->second.waiting.pop_front();
      ++host->second.running;
      ++running_;
      --waiting_;
      last_ = host->first;
      return task;
    }
    return std::nullopt;
  }

  void finished(const std::string& host) {
    --hosts_[host].running;
    --running_;
    forget_if_idle(host);
  }

 private:
  // A host may let this many times its slots wait: at a second a lookup, a few seconds.
  static constexpr std::size_t kWaitingPerSlot = 8;

  struct Host {
    std::size_t running = 0;
    std::deque<Task> waiting;
  };

  void forget_if_idle(const std::string& host) {
    const auto found = hosts_.find(host);
    if (found->second.running == 0 && found->second.waiting.empty()) {
      hosts_.erase(found);
    }
  }

  const std::size_t max_running_;
  const std::size_t per_host_;
  const std::size_t max_waiting_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
  std::string last_;  // whose turn it was
  std::map<std::string, Host> hosts_;
};

}  // namespace leangate::inspection
