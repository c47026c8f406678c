#include "webhook/inspection/host_queue.h"

#include <algorithm>
#include <utility>

namespace leangate::inspection {
namespace {

// A host may let this many times its slots wait: at a second a lookup, a few seconds.
constexpr std::size_t kWaitingPerSlot = 8;
constexpr std::size_t kUnknownShare = 4;
// Of the unknown hosts' slots, so that the first silent one leaves some for the next.
constexpr std::size_t kUnknownHostShare = 4;
// Registries that a cluster uses without naming them are a handful; first come, first served.
constexpr std::size_t kMaxAnswering = 256;

std::size_t share_of(std::size_t whole, std::size_t share) {
  return std::max<std::size_t>(1, whole / share);
}

}  // namespace

HostQueue::HostQueue(const HostLimits& limits)
    : limits_{limits},
      unknown_running_{share_of(limits.max_running, kUnknownShare)},
      unknown_waiting_{share_of(limits.max_waiting, kUnknownShare)},
      per_unknown_host_{std::min(limits.per_host, share_of(unknown_running_, kUnknownHostShare))} {}

bool HostQueue::push(const std::string& host, bool is_configured, Task task) {
  Host& entry = hosts_[host];
  entry.is_configured = entry.is_configured || is_configured;
  trust(host, entry);
  if (!may_wait(entry)) {
    forget_if_idle(host);
    return false;
  }
  entry.waiting.push_back(std::move(task));
  ++all_.waiting;
  unknown_.waiting += entry.is_trusted ? 0 : 1;
  return true;
}

std::optional<HostQueue::Task> HostQueue::next() {
  if (all_.running >= limits_.max_running || all_.waiting == 0) {
    return std::nullopt;
  }
  auto host = hosts_.upper_bound(last_);
  for (std::size_t i = 0; i < hosts_.size(); ++i, ++host) {
    if (host == hosts_.end()) {
      host = hosts_.begin();
    }
    Host& entry = host->second;
    if (entry.waiting.empty() || !may_run(entry)) {
      continue;
    }
    Task task = std::move(entry.waiting.front());
    entry.waiting.pop_front();
    ++entry.running;
    ++all_.running;
    --all_.waiting;
    if (!entry.is_trusted) {
      ++unknown_.running;
      --unknown_.waiting;
    }
    last_ = host->first;
    return task;
  }
  return std::nullopt;
}

void HostQueue::finished(const std::string& host) {
  Host& entry = hosts_[host];
  --entry.running;
  --all_.running;
  unknown_.running -= entry.is_trusted ? 0 : 1;
  forget_if_idle(host);
}

void HostQueue::set_answers(const std::string& host, bool answers) {
  if (!answers) {
    answering_.erase(host);
  } else if (answering_.size() < kMaxAnswering) {
    answering_.insert(host);
  }
  if (const auto found = hosts_.find(host); found != hosts_.end()) {
    trust(host, found->second);
  }
}

bool HostQueue::may_wait(const Host& host) const {
  return all_.waiting < limits_.max_waiting &&
         host.waiting.size() < kWaitingPerSlot * limits_.per_host &&
         (host.is_trusted || unknown_.waiting < unknown_waiting_);
}

bool HostQueue::may_run(const Host& host) const {
  return host.is_trusted ? host.running < limits_.per_host
                         : host.running < per_unknown_host_ && unknown_.running < unknown_running_;
}

// What the host takes moves from one account to the other.
void HostQueue::trust(const std::string& name, Host& host) {
  const bool is_trusted = host.is_configured || answering_.contains(name);
  if (is_trusted == host.is_trusted) {
    return;
  }
  host.is_trusted = is_trusted;
  if (is_trusted) {
    unknown_.running -= host.running;
    unknown_.waiting -= host.waiting.size();
  } else {
    unknown_.running += host.running;
    unknown_.waiting += host.waiting.size();
  }
}

void HostQueue::forget_if_idle(const std::string& name) {
  const auto found = hosts_.find(name);
  if (found->second.running == 0 && found->second.waiting.empty()) {
    hosts_.erase(found);
  }
}

}  // namespace leangate::inspection
