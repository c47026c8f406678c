#include "webhook/inspection/caching_inspector.h"

#include <utility>

#include "webhook/inspection/cache_failures.h"
#include "webhook/inspection/cache_flights.h"
#include "webhook/inspection/cache_key.h"
#include "webhook/inspection/cache_lookup.h"
#include "webhook/inspection/cache_memory.h"

namespace leangate::inspection {

using policy::LookupFailureKind;

class CachingInspector::Impl {
 public:
  Impl(const CachingParts& parts, CachingOptions options)
      : options_{std::move(options)},
        metrics_{parts.metrics},
        memory_{options_, parts.metrics, parts.clock},
        lookup_{parts.inner, parts.resolver, memory_, parts.store},
        flights_{
            [this](const InspectionRequest& request, const RequestKeys& keys, Deadline deadline) {
              return lookup_.run(request, keys, deadline);
            },
            options_,
            parts.metrics} {}

  std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>& requests,
                                      Deadline deadline) {
    std::vector<Inspection> results;
    std::vector<Missing> missing;
    std::vector<Flights::FlightPtr> flights;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      RequestKeys keys = keys_of(requests[i]);
      CacheMemory::Recalled recalled = memory_.recall(requests[i], keys);
      if (recalled.answer != nullptr) {
        metrics_.count_lookup(recalled.result);
      } else {
        flights.push_back(flights_.join(requests[i], keys));
        missing.push_back({i, std::move(keys)});
      }
      results.push_back(std::move(recalled.answer));
    }
    const bool waited = flights_.wait_for(flights, deadline);
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const auto& [index, keys] = missing[i];
      results[index] = conclude(flights_.result_of(*flights[i]), requests[index], keys);
      if (results[index] == nullptr) {
        results[index] = waited ? too_slow(requests[index]) : too_many(requests[index]);
      }
    }
    return results;
  }

 private:
  struct Missing {
    std::size_t index;
    RequestKeys keys;
  };

  // Facts that are out of date are better than none.
  Inspection conclude(Inspection result,
                      const InspectionRequest& request,
                      const RequestKeys& keys) {
    if (result == nullptr || (result->failure && is_no_answer(result->failure->kind))) {
      if (Inspection stale = memory_.last_resort(request, keys)) {
        metrics_.count_lookup("stale");
        return stale;
      }
    }
    return result;
  }

  static Inspection too_slow(const InspectionRequest& request) {
    return failed_here(request,
                       LookupFailureKind::Timeout,
                       "could not be read in time; the lookup goes on, try again");
  }

  static Inspection too_many(const InspectionRequest& request) {
    return failed_here(
        request,
        LookupFailureKind::Overloaded,
        "could not be read: too many reviews wait already; the lookup goes on, try again");
  }

  const CachingOptions options_;
  observability::Metrics& metrics_;
  CacheMemory memory_;
  CachedLookup lookup_;
  Flights flights_;  // last: its threads end before what they use
};

CachingInspector::CachingInspector(const CachingParts& parts, CachingOptions options)
    : impl_{std::make_unique<Impl>(parts, std::move(options))} {}

CachingInspector::~CachingInspector() = default;

std::vector<Inspection> CachingInspector::inspect_all(
    const std::vector<InspectionRequest>& requests, Deadline deadline) {
  return impl_->inspect_all(requests, deadline);
}

}  // namespace leangate::inspection
