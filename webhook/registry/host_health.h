// Which hosts are left alone for a while: those that are down, and those that limit whom we ask
// for. One lookup learns it, and spares all others the wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "policy/result.h"
#include "webhook/registry/recent_map.h"
#include "webhook/support/clock.h"
#include "webhook/support/mutex.h"

namespace leangate::registry {

// Two things are remembered, each of the origins that the operator configured apart from those that
// he didn't: a stranger's redirect to a configured host, or a thousand strangers, change nothing of
// what is known of configured ones. Bounded, least recently used first out; safe from any thread.
//
// A cool-down, by origin and credential, begins with a 429: what one credential used up, another
// hasn't.
//
// A circuit, by origin, opens when the host failed five times in a row. Failures within the same
// second are one: a connection that many exchanges share breaks once. After a while one request
// may go and see (the probe); the others are refused until it is back. Any answer that shows the
// host alive closes the circuit.
class HostHealth {
 public:
  explicit HostHealth(const Clock& clock) : clock_{clock} {}

  // Whom a request goes to, and on whose behalf.
  struct Caller {
    std::string origin;
    std::string credential;  // a fingerprint; empty: anonymous
    bool is_configured = false;
    bool is_head = false;
  };

  struct Permit {
    bool is_probe = false;
  };
  struct Refusal {
    enum class Reason { CoolDown, OpenCircuit };
    Reason reason = Reason::OpenCircuit;
    std::chrono::seconds left{0};  // at least 1
  };

  // Whether a request may go out now. Each permit is to be settled.
  Result<Permit, Refusal> admit(const Caller& caller) EXCLUDES(mutex_);

  // What a request showed of its host. Unclear: nothing, for example because we ended it.
  enum class Sign { Alive, Failing, Unclear };
  // `retry_after`: the word of a failing host.
  void settle(const Caller& caller,
              Permit permit,
              Sign sign,
              std::optional<std::chrono::seconds> retry_after) EXCLUDES(mutex_);

  // Begins a cool-down and tells how long it lasts: 30 s where the registry doesn't say.
  // `only_pulls`: HEAD is still free, as of Docker Hub's quota.
  std::chrono::seconds cool_down(const Caller& caller,
                                 std::optional<std::chrono::seconds> retry_after,
                                 bool only_pulls) EXCLUDES(mutex_);

 private:
  using Instant = std::chrono::steady_clock::time_point;

  struct CoolDown {
    Instant all_until;
    Instant pulls_until;
  };
  struct Circuit {
    int failures = 0;  // in a row; counted while the circuit is closed
    Instant last_failure;
    bool is_open = false;
    Instant open_until;
    Instant probe_until;  // a probe that didn't come back by then is given up
  };
  struct Hosts {
    RecentMap<CoolDown> cool_downs;
    RecentMap<Circuit> circuits;
  };

  Hosts& hosts_of(const Caller& caller) REQUIRES(mutex_) {
    return caller.is_configured ? configured_ : strangers_;
  }
  std::optional<Refusal> cooling(const Caller& caller) REQUIRES(mutex_);
  void fail(Circuit& circuit, std::optional<std::chrono::seconds> retry_after) REQUIRES(mutex_);

  static Hosts make_hosts();

  const Clock& clock_;
  Mutex mutex_;
  Hosts configured_ GUARDED_BY(mutex_) = make_hosts();
  Hosts strangers_ GUARDED_BY(mutex_) = make_hosts();
};

}  // namespace leangate::registry
