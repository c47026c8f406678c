#include "webhook/registry/host_health.h"

#include <algorithm>

#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

using std::chrono::seconds;

constexpr seconds kCoolDown{30};  // after a 429 that doesn't say how long
// Docker Hub counts pulls in windows of 6 h: one refused question in 15 min is 24 a window. And no
// wrong date keeps a registry away for much longer than somebody needs to mend it.
constexpr seconds kLongestCoolDown{15 * 60};

constexpr int kFailuresToOpen = 5;
constexpr seconds kSameTrouble{1};
// A registry's pod takes about as long to be rescheduled.
constexpr seconds kOpenFor{30};
// When the probe isn't back yet.
constexpr seconds kProbeHint{1};

seconds left_until(std::chrono::steady_clock::time_point end,
                   std::chrono::steady_clock::time_point now) {
  return std::max(seconds{1}, std::chrono::ceil<seconds>(end - now));
}

std::string key_of(const HostHealth::Caller& caller) {
  return caller.origin + " " + caller.credential;  // origins hold no space
}

}  // namespace

HostHealth::Hosts HostHealth::make_hosts() {
  return {RecentMap<CoolDown>{kMaxCoolDowns}, RecentMap<Circuit>{kMaxCircuits}};
}

Result<HostHealth::Permit, HostHealth::Refusal> HostHealth::admit(const Caller& caller) {
  MutexLock lock{mutex_};
  if (const std::optional<Refusal> refusal = cooling(caller)) {
    return Failure{*refusal};
  }
  Circuit* circuit = hosts_of(caller).circuits.find(caller.origin);
  if (circuit == nullptr || !circuit->is_open) {
    return Permit{};
  }
  const Instant now = clock_.steady_now();
  if (now < circuit->open_until) {
    return Failure{Refusal{Refusal::Reason::OpenCircuit, left_until(circuit->open_until, now)}};
  }
  if (now < circuit->probe_until) {
    return Failure{Refusal{Refusal::Reason::OpenCircuit, kProbeHint}};
  }
  circuit->probe_until = now + kOpenFor;
  return Permit{true};
}

std::optional<HostHealth::Refusal> HostHealth::cooling(const Caller& caller) {
  Hosts& hosts = hosts_of(caller);
  const std::string key = key_of(caller);
  const CoolDown* cool_down = hosts.cool_downs.find(key);
  if (cool_down == nullptr) {
    return std::nullopt;
  }
  const Instant now = clock_.steady_now();
  const Instant pulls_until = std::max(cool_down->all_until, cool_down->pulls_until);
  if (pulls_until <= now) {
    hosts.cool_downs.erase(key);
    return std::nullopt;
  }
  const Instant until = caller.is_head ? cool_down->all_until : pulls_until;
  return until > now ? std::optional{Refusal{Refusal::Reason::CoolDown, left_until(until, now)}}
                     : std::nullopt;
}

void HostHealth::settle(const Caller& caller,
                        Permit permit,
                        Sign sign,
                        std::optional<seconds> retry_after) {
  MutexLock lock{mutex_};
  RecentMap<Circuit>& circuits = hosts_of(caller).circuits;
  switch (sign) {
    case Sign::Alive:
      circuits.erase(caller.origin);
      return;
    case Sign::Failing:
      fail(circuits[caller.origin], retry_after);
      return;
    case Sign::Unclear:
      break;
  }
  Circuit* circuit = permit.is_probe ? circuits.find(caller.origin) : nullptr;
  if (circuit != nullptr) {
    circuit->probe_until = {};  // somebody else may go and see
  }
}

void HostHealth::fail(Circuit& circuit, std::optional<seconds> retry_after) {
  const Instant now = clock_.steady_now();
  if (circuit.is_open && now < circuit.open_until) {
    return;  // it was asked before the circuit opened
  }
  if (!circuit.is_open) {
    if (circuit.failures > 0 && now - circuit.last_failure < kSameTrouble) {
      return;
    }
    circuit.last_failure = now;
    if (++circuit.failures < kFailuresToOpen) {
      return;
    }
  }
  circuit.is_open = true;
  circuit.open_until = now + std::clamp(retry_after.value_or(kOpenFor), kOpenFor, kLongestCoolDown);
  circuit.probe_until = {};
}

seconds HostHealth::cool_down(const Caller& caller,
                              std::optional<seconds> retry_after,
                              bool only_pulls) {
  // "At once", from somebody who has just refused, says nothing.
  const bool says = retry_after.has_value() && retry_after->count() > 0;
  const seconds span = std::min(says ? *retry_after : kCoolDown, kLongestCoolDown);
  MutexLock lock{mutex_};
  CoolDown& entry = hosts_of(caller).cool_downs[key_of(caller)];
  Instant& until = only_pulls ? entry.pulls_until : entry.all_until;
  until = std::max(until, clock_.steady_now() + span);
  return span;
}

}  // namespace leangate::registry
