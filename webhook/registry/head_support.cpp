#include "webhook/registry/head_support.h"

#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

// Registries are upgraded; once an hour the one request more is nothing.
constexpr std::chrono::hours kLifetime{1};

}  // namespace

bool HeadSupport::is_broken(const std::string& origin) {
  MutexLock lock{mutex_};
  const Entry* entry = find(origin);
  return entry != nullptr && !entry->works;
}

void HeadSupport::saw_it_work(const std::string& origin) {
  MutexLock lock{mutex_};
  put(origin, true);
}

void HeadSupport::saw_it_fail(const std::string& origin) {
  MutexLock lock{mutex_};
  if (find(origin) == nullptr) {
    put(origin, false);
  }
}

const HeadSupport::Entry* HeadSupport::find(const std::string& origin) {
  const auto found = entries_.find(origin);
  return found != entries_.end() && found->second.expires > clock_.steady_now() ? &found->second
                                                                                : nullptr;
}

void HeadSupport::put(const std::string& origin, bool works) {
  if (entries_.size() >= kMaxCachedChallenges && entries_.count(origin) == 0) {
    entries_.clear();  // only requests are lost, and only when somebody makes up hosts
  }
  entries_[origin] = {works, clock_.steady_now() + kLifetime};
}

}  // namespace leangate::registry
