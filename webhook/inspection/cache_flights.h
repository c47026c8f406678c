// Lookups under way and who waits for them.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "webhook/inspection/cache_key.h"
#include "webhook/inspection/cache_options.h"
#include "webhook/inspection/host_queue.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/observability/metrics.h"
#include "webhook/support/clock.h"
#include "webhook/support/executor.h"
#include "webhook/support/mutex.h"

namespace leangate::inspection {

// What leangate itself did tells nothing about the host, so everybody may read it.
Inspection failed_here(const InspectionRequest& request,
                       policy::LookupFailureKind kind,
                       const std::string& why);

// Runs lookups on threads of its own ("lookup-N"), one for all who want the same; a lookup goes on
// when its callers gave up. Safe from any thread.
class Flights {
 public:
  // How one is made; blocks until the deadline at most. Called from several threads.
  using LookUp = std::function<Inspection(const InspectionRequest&, const RequestKeys&, Deadline)>;

  // The references must outlive it.
  Flights(LookUp look_up, const CachingOptions& options, observability::Metrics& metrics);
  // Drops the lookups that wait and waits for those that run, which end by their own deadline.
  ~Flights();
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;

  struct Flight;
  using FlightPtr = std::shared_ptr<Flight>;

  // The lookup that runs or waits for these keys already, or a new one. Where there is no room for
  // it, the one returned has already failed.
  FlightPtr join(const InspectionRequest& request, const RequestKeys& keys) EXCLUDES(mutex_);

  // Blocks until all are over or the deadline passes. False, at once, when too many callers wait
  // already.
  bool wait_for(const std::vector<FlightPtr>& flights, Deadline deadline) EXCLUDES(mutex_);

  // Null while it isn't over.
  Inspection result_of(const Flight& flight) const EXCLUDES(mutex_);

 private:
  bool is_over(const std::vector<FlightPtr>& flights) const REQUIRES(mutex_);
  void start_waiting() REQUIRES(mutex_);
  void fly(Flight& flight) EXCLUDES(mutex_);
  void land(Flight& flight, Inspection result) REQUIRES(mutex_);

  const LookUp look_up_;
  const CachingOptions& options_;
  observability::Metrics& metrics_;
  mutable Mutex mutex_;
  std::map<std::string, FlightPtr> flights_ GUARDED_BY(mutex_);
  HostQueue queue_ GUARDED_BY(mutex_);
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;  // callers in wait_for
  Executor executor_;                           // last: its threads end before what they use
};

}  // namespace leangate::inspection
