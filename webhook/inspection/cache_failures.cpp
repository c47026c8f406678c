#include "webhook/inspection/cache_failures.h"

#include <algorithm>

#include "webhook/inspection/evidence_size.h"

namespace leangate::inspection {
namespace {

// However long a registry wants to be left alone.
constexpr std::chrono::seconds kLongest = std::chrono::hours{1};

}  // namespace

bool is_no_answer(policy::LookupFailureKind kind) {
  using Kind = policy::LookupFailureKind;
  switch (kind) {
    case Kind::RateLimited:
    case Kind::Timeout:
    case Kind::Unreachable:
    case Kind::Overloaded:
      return true;
    case Kind::InvalidReference:
    case Kind::NotFoundOrDenied:
    case Kind::Refused:
    case Kind::Unreadable:
    case Kind::Unsupported:
    case Kind::NoSuchPlatform:
      return false;
  }
  return false;
}

Inspection FailureCache::find(const RequestKeys& keys, Time now) {
  const Entry* entry = lookups_.find(keys.lookup);
  return entry != nullptr && now < entry->until ? entry->failed : nullptr;
}

bool FailureCache::is_host_silent(const RequestKeys& keys, Time now) {
  const Time* until = hosts_.find(keys.host);
  return until != nullptr && now < *until;
}

void FailureCache::put(const RequestKeys& keys, const Inspection& failed, Time now) {
  const std::chrono::seconds span = std::min(failed->failure->retry_after, kLongest);
  if (span.count() <= 0) {
    return;
  }
  lookups_.put(keys.lookup, {failed, now + span}, memory_of(*failed));
  if (is_no_answer(failed->failure->kind)) {
    hosts_.put(keys.host, now + span, 0);
  }
}

}  // namespace leangate::inspection
