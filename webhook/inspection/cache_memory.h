// All that is remembered in memory, within one bound of bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "webhook/inspection/cache_facts.h"
#include "webhook/inspection/cache_failures.h"
#include "webhook/inspection/cache_key.h"
#include "webhook/inspection/cache_names.h"
#include "webhook/inspection/cache_options.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/observability/metrics.h"
#include "webhook/support/clock.h"
#include "webhook/support/mutex.h"

namespace leangate::inspection {

// Safe from any thread; nothing in it blocks, packs or unpacks under its lock.
class CacheMemory {
 public:
  // The references must outlive it.
  CacheMemory(const CachingOptions& options, observability::Metrics& metrics, const Clock& clock);

  struct Recalled {
    Inspection answer;        // null: the registry has to be asked
    std::string_view result;  // as metrics count it: hit, stale, negative
  };
  // What can be answered without asking anybody: facts whose name is still trusted; facts marked
  // stale, where the host is known not to answer; a failure that still holds.
  Recalled recall(const InspectionRequest& request, const RequestKeys& keys) EXCLUDES(mutex_);

  // What the name last stood for, marked stale; null when that isn't known or is too old. For when
  // the registry can't be asked.
  Inspection last_resort(const InspectionRequest& request, const RequestKeys& keys)
      EXCLUDES(mutex_);

  std::optional<Confirmation> confirmation(const InspectionRequest& request,
                                           const RequestKeys& keys) EXCLUDES(mutex_);
  bool is_trusted(const Confirmation& confirmation) const;
  // Null when they are not there at the request's level or a later one.
  Inspection facts(const InspectionRequest& request, const std::string& digest) EXCLUDES(mutex_);

  // The registry has just named the digest to the asker: the name is trusted for its time, and the
  // digest is granted. Returns the date of it.
  policy::Instant confirm(const InspectionRequest& request,
                          const RequestKeys& keys,
                          const std::string& digest) EXCLUDES(mutex_);
  // What the registry warned of when it was last read under that name.
  void put_notices(const InspectionRequest& request,
                   const RequestKeys& keys,
                   std::vector<policy::RegistryNotice> notices) EXCLUDES(mutex_);
  // The facts, with what the registry warned of under that name.
  Inspection with_notices(const InspectionRequest& request,
                          const RequestKeys& keys,
                          const Inspection& facts) EXCLUDES(mutex_);
  // An earlier process was told so: known again, but not trusted before the registry is asked.
  void restore(const RequestKeys& keys, std::string digest, policy::Instant confirmed)
      EXCLUDES(mutex_);
  // The registry says that there is nothing for the asker: what it said before is void.
  void forget(const InspectionRequest& request, const RequestKeys& keys) EXCLUDES(mutex_);

  // Facts without notices; `packed` are the same, encoded.
  void put_facts(const std::string& key, const Inspection& facts, std::string packed)
      EXCLUDES(mutex_);
  void put_failure(const RequestKeys& keys, const Inspection& failed) EXCLUDES(mutex_);

 private:
  NameCache& names_of(const InspectionRequest& request) REQUIRES(mutex_) {
    return request.reference.digest ? digests_ : tags_;
  }
  Inspection unpacked_facts(const std::string& key) EXCLUDES(mutex_);
  bool is_recent(const Confirmation& confirmation) const;
  void count_size() REQUIRES(mutex_);

  const CachingOptions& options_;
  observability::Metrics& metrics_;
  const Clock& clock_;
  Mutex mutex_;
  FactsCache facts_ GUARDED_BY(mutex_);
  NameCache tags_ GUARDED_BY(mutex_);
  NameCache digests_ GUARDED_BY(mutex_);
  FailureCache failures_ GUARDED_BY(mutex_);
};

}  // namespace leangate::inspection
