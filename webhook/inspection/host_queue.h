// Lookups that wait for their turn: so many at one time in all, so many for one host, and of all
// hosts that nobody knows together only a share, so that neither one slow registry nor a thousand
// invented ones keep the others waiting.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace leangate::inspection {

struct HostLimits {
  std::size_t max_running = 64;
  std::size_t per_host = 16;  // of those
  std::size_t max_waiting = 1'024;
};

// A host is trusted when it is configured or answered the last time it was asked. The others share
// a quarter of the slots and of the queue: a pod's author can invent names without end, under a
// domain of his own each of them answers to DNS, and where a domain begins to be somebody else's
// can't be told from the name. Not safe for several threads: its owner locks.
class HostQueue {
 public:
  using Task = std::function<void()>;

  explicit HostQueue(const HostLimits& limits);

  // False, and nothing queued, when too much waits already: for this host, for unknown ones, or in
  // all. Who is configured once is so until nothing of the host waits or runs.
  bool push(const std::string& host, bool is_configured, Task task);

  // The next one that may run, of the hosts in turn; it counts as running until finished(host).
  std::optional<Task> next();
  void finished(const std::string& host);

  // Whether the host has answered lately.
  void set_answers(const std::string& host, bool answers);

 private:
  struct Host {
    bool is_configured = false;
    bool is_trusted = false;
    std::size_t running = 0;
    std::deque<Task> waiting;
  };
  // What some of the hosts take together.
  struct Load {
    std::size_t running = 0;
    std::size_t waiting = 0;
  };

  bool may_wait(const Host& host) const;
  bool may_run(const Host& host) const;
  void trust(const std::string& name, Host& host);
  void forget_if_idle(const std::string& name);

  const HostLimits limits_;
  const std::size_t unknown_running_;  // at most
  const std::size_t unknown_waiting_;
  const std::size_t per_unknown_host_;
  Load all_;
  Load unknown_;
  std::string last_;                   // whose turn it was
  std::map<std::string, Host> hosts_;  // of which something waits or runs
  std::set<std::string> answering_;    // and that nobody configured
};

}  // namespace leangate::inspection
