// Lookups that failed and would fail again: as long as the failure itself says (LookupFailure::
// retry_after), nobody asks the registry the same thing.
#pragma once

#include <chrono>
#include <cstddef>

#include "webhook/inspection/cache_key.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/inspection/lru.h"

namespace leangate::inspection {

// Nobody could say anything about the image: its registry didn't answer, or not now, or leangate
// had no room to ask. All other failures are answers.
bool is_no_answer(policy::LookupFailureKind kind);

// Bounded in bytes. Not safe for several threads: its owner locks.
class FailureCache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit FailureCache(std::size_t max_bytes)
      : lookups_{max_bytes - max_bytes / 4}, hosts_{max_bytes / 4} {}

  // Null where no failure of this lookup holds any more.
  Inspection find(const RequestKeys& keys, Time now);
  // Whether the host gave no answer, and was not to be asked again before now.
  bool is_host_silent(const RequestKeys& keys, Time now);

  // Keeps the failure for its time, an hour at most; one of no time is not kept at all.
  void put(const RequestKeys& keys, const Inspection& failed, Time now);

  std::size_t bytes() const { return lookups_.bytes() + hosts_.bytes(); }

 private:
  struct Entry {
    Inspection failed;
    Time until;
  };

  LruMap<Entry> lookups_;
  LruMap<Time> hosts_;
};

}  // namespace leangate::inspection
