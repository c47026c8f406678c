#include "webhook/inspection/caching_inspector.h"

#include <algorithm>
#include <exception>
#include <map>
#include <string>
#include <utility>

#include "webhook/inspection/cache_key.h"
#include "webhook/inspection/evidence_size.h"
#include "webhook/inspection/host_queue.h"
#include "webhook/inspection/lru.h"
#include "webhook/observability/logging.h"
#include "webhook/support/executor.h"
#include "webhook/support/mutex.h"

namespace leangate::inspection {
namespace {

using policy::ImageEvidence;
using policy::LookupFailureKind;

// Lookups that may wait in all: a rollout of a thousand images, a few hundred bytes each.
constexpr std::size_t kMaxWaiting = 1'024;
// Of the cache's bytes, for what tags point to: an entry is small beside the facts.
constexpr std::size_t kTagShare = 8;

Inspection failed(const InspectionRequest& request,
                  LookupFailureKind kind,
                  const std::string& why) {
  ImageEvidence evidence;
  // What leangate itself did tells nothing about the host, so everybody may read it.
  evidence.failure = policy::LookupFailure{kind, request.reference.str() + ": " + why, why};
  return std::make_shared<const ImageEvidence>(std::move(evidence));
}

// One lookup and all who wait for it.
struct Flight {
  explicit Flight(const InspectionRequest& wanted) : request{wanted}, key{lookup_key(wanted)} {}

  const InspectionRequest request;
  const std::string key;
  ConditionVariable landed;
  Inspection result;  // guarded by the inspector's mutex; set once
};
using FlightPtr = std::shared_ptr<Flight>;

}  // namespace

class CachingInspector::Impl {
 public:
  Impl(ImageInspector& inner,
       const CachingOptions& options,
       observability::Metrics& metrics,
       const Clock& clock)
      : inner_{inner},
        options_{options},
        metrics_{metrics},
        clock_{clock},
        facts_{options.max_bytes - options.max_bytes / kTagShare},
        tags_{options.max_bytes / kTagShare},
        queue_{options.max_in_flight, options.per_host, kMaxWaiting},
        executor_{"lookup", options.max_in_flight, options.max_in_flight} {}

  std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>& requests,
                                      Deadline deadline) EXCLUDES(mutex_) {
    std::vector<Inspection> results(requests.size());
    std::vector<FlightPtr> flights(requests.size());
    MutexLock lock{mutex_};
    for (std::size_t i = 0; i < requests.size(); ++i) {
      results[i] = cached(requests[i]);
      if (results[i] == nullptr) {
        flights[i] = join(requests[i]);
      }
    }
    const bool must_wait = std::any_of(flights.begin(), flights.end(), [](const FlightPtr& flight) {
      return flight != nullptr && flight->result == nullptr;
    });
    const bool may_wait = waiting_ < options_.max_waiting;
    const std::size_t waits = must_wait && may_wait ? 1 : 0;
    waiting_ += waits;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (flights[i] != nullptr) {
        results[i] = may_wait ? wait_for(*flights[i], requests[i], deadline)
                              : answer_now(*flights[i], requests[i]);
      }
    }
    waiting_ -= waits;
    return results;
  }

 private:
  struct TagEntry {
    std::string digest;
    std::chrono::steady_clock::time_point expires;
  };

  // Null for what isn't known, or not any more.
  Inspection cached(const InspectionRequest& request) REQUIRES(mutex_) {
    std::string digest = request.reference.digest.value_or(std::string{});
    if (digest.empty()) {
      const TagEntry* tag = tags_.find(tag_key(request));
      if (tag == nullptr || tag->expires <= clock_.steady_now()) {
        return nullptr;
      }
      digest = tag->digest;
    }
    for (const EvidenceLevel level : {EvidenceLevel::Config, EvidenceLevel::Manifest}) {
      if (level < request.level) {
        break;
      }
      if (const Inspection* found = facts_.find(facts_key(request, digest, level))) {
        metrics_.count_lookup("hit");
        return *found;
      }
    }
    return nullptr;
  }

  // The lookup that runs or waits for this key already, or a new one.
  FlightPtr join(const InspectionRequest& request) REQUIRES(mutex_) {
    auto flight = std::make_shared<Flight>(request);
    if (const auto found = flights_.find(flight->key); found != flights_.end()) {
      metrics_.count_lookup("coalesced");
      return found->second;
    }
    if (!queue_.push(request.reference.domain, flight)) {
      metrics_.count_lookup("refused");
      flight->result =
          failed(request,
                 LookupFailureKind::Overloaded,
                 "could not be read: too many lookups wait already; try again in a few seconds");
      return flight;
    }
    metrics_.count_lookup("miss");
    flights_.emplace(flight->key, flight);
    start_waiting();
    return flight;
  }

  Inspection wait_for(Flight& flight, const InspectionRequest& request, Deadline deadline)
      REQUIRES(mutex_) {
    while (flight.result == nullptr) {
      if (flight.landed.wait_until(mutex_, deadline) == std::cv_status::timeout) {
        break;
      }
    }
    if (flight.result != nullptr) {
      return flight.result;
    }
    return failed(request,
                  LookupFailureKind::Timeout,
                  "could not be read in time; the lookup goes on, try again");
  }

  Inspection answer_now(const Flight& flight, const InspectionRequest& request) const
      REQUIRES(mutex_) {
    if (flight.result != nullptr) {
      return flight.result;
    }
    return failed(
        request,
        LookupFailureKind::Overloaded,
        "could not be read: too many reviews wait already; the lookup goes on, try again");
  }

  // The executor has a thread for each that may run, so that it never refuses before it stops.
  void start_waiting() REQUIRES(mutex_) {
    while (std::optional<FlightPtr> flight = queue_.next()) {
      if (!executor_.submit([this, flight = *flight] { fly(flight); })) {
        land(**flight, failed((*flight)->request, LookupFailureKind::Overloaded, "stopping"));
      }
    }
  }

  void fly(const FlightPtr& flight) EXCLUDES(mutex_) {
    metrics_.add_lookups_in_flight(1);
    Inspection result = look_up(flight->request);
    metrics_.add_lookups_in_flight(-1);
    MutexLock lock{mutex_};
    land(*flight, std::move(result));
    start_waiting();
  }

  // Inspectors don't throw, but memory may run out: whoever waits must get an answer all the same.
  Inspection look_up(const InspectionRequest& request) {
    try {
      return inner_.inspect_all({request}, deadline_in(options_.lookup_timeout)).front();
    } catch (const std::exception& exception) {
      observability::log_error("a lookup failed", {{"why", exception.what()}});
      return failed(request, LookupFailureKind::Unreadable, "could not be read");
    }
  }

  void land(Flight& flight, Inspection result) REQUIRES(mutex_) {
    if (result->failure) {
      metrics_.count_lookup("error");
    } else {
      remember(flight.request, result);
    }
    flight.result = std::move(result);
    queue_.finished(flight.request.reference.domain);
    flights_.erase(flight.key);
    flight.landed.notify_all();
  }

  void remember(const InspectionRequest& request, const Inspection& result) REQUIRES(mutex_) {
    facts_.put(facts_key(request, result->digest, request.level), result, memory_of(*result));
    if (!request.reference.digest) {
      tags_.put(tag_key(request),
                TagEntry{result->digest, clock_.steady_now() + options_.tag_ttl},
                result->digest.size());
    }
    metrics_.set_cache(facts_.bytes() + tags_.bytes(), facts_.size());
  }

  ImageInspector& inner_;
  const CachingOptions options_;
  observability::Metrics& metrics_;
  const Clock& clock_;
  Mutex mutex_;
  LruMap<Inspection> facts_ GUARDED_BY(mutex_);  // never failures
  LruMap<TagEntry> tags_ GUARDED_BY(mutex_);
  std::map<std::string, FlightPtr> flights_ GUARDED_BY(mutex_);
  HostQueue<FlightPtr> queue_ GUARDED_BY(mutex_);
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;  // calls in wait_for
  Executor executor_;                           // last: its threads end before what they use
};

CachingInspector::CachingInspector(ImageInspector& inner,
                                   const CachingOptions& options,
                                   observability::Metrics& metrics,
                                   const Clock& clock)
    : impl_{std::make_unique<Impl>(inner, options, metrics, clock)} {}

CachingInspector::~CachingInspector() = default;

std::vector<Inspection> CachingInspector::inspect_all(
    const std::vector<InspectionRequest>& requests, Deadline deadline) {
  return impl_->inspect_all(requests, deadline);
}

}  // namespace leangate::inspection
