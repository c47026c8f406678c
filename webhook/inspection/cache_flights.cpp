#include "webhook/inspection/cache_flights.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "webhook/inspection/cache_failures.h"
#include "webhook/observability/logging.h"
#include "webhook/registry/host_pattern.h"

namespace leangate::inspection {
namespace {

using policy::LookupFailureKind;

// Lookups that may wait in all: a rollout of a thousand images, a few hundred bytes each.
constexpr std::size_t kMaxWaiting = 1'024;

}  // namespace

struct Flights::Flight {
  Flight(InspectionRequest wanted, RequestKeys its_keys, std::string its_host)
      : request{std::move(wanted)}, keys{std::move(its_keys)}, host{std::move(its_host)} {}

  const InspectionRequest request;
  const RequestKeys keys;
  const std::string host;  // whose slot it takes
  Inspection result;       // guarded by the owner's mutex; set once
  ConditionVariable landed;
};

Inspection failed_here(const InspectionRequest& request,
                       LookupFailureKind kind,
                       const std::string& why) {
  policy::ImageEvidence evidence;
  evidence.failure = policy::LookupFailure{kind, request.reference.str() + ": " + why, why};
  return std::make_shared<const policy::ImageEvidence>(std::move(evidence));
}

Flights::Flights(LookUp look_up, const CachingOptions& options, observability::Metrics& metrics)
    : look_up_{std::move(look_up)},
      options_{options},
      metrics_{metrics},
      queue_{{options.max_in_flight, options.per_host, kMaxWaiting}},
      executor_{"lookup", options.max_in_flight, options.max_in_flight} {}

Flights::~Flights() = default;

Flights::FlightPtr Flights::join(const InspectionRequest& request, const RequestKeys& keys) {
  const std::string& domain = request.reference.domain;
  const bool is_configured =
      request.host_is_users_word || (options_.is_configured && options_.is_configured(domain));
  MutexLock lock{mutex_};
  if (const auto found = flights_.find(keys.lookup); found != flights_.end()) {
    metrics_.count_lookup("coalesced");
    return found->second;
  }
  // All ports of an unknown host are one: they are as easily invented as names.
  auto flight = std::make_shared<Flight>(
      request, keys, is_configured ? domain : std::string{registry::split_host(domain).host});
  if (!queue_.push(flight->host, is_configured, [this, flight] { fly(*flight); })) {
    metrics_.count_lookup("refused");
    flight->result =
        failed_here(request,
                    LookupFailureKind::Overloaded,
                    "could not be read: too many lookups wait already; try again in a few seconds");
    return flight;
  }
  metrics_.count_lookup("miss");
  flights_.emplace(keys.lookup, flight);
  start_waiting();
  return flight;
}

bool Flights::wait_for(const std::vector<FlightPtr>& flights, Deadline deadline) {
  MutexLock lock{mutex_};
  if (is_over(flights)) {
    return true;
  }
  if (waiting_ >= options_.max_waiting) {
    return false;
  }
  ++waiting_;
  for (const FlightPtr& flight : flights) {
    while (flight->result == nullptr &&
           flight->landed.wait_until(mutex_, deadline) != std::cv_status::timeout) {
    }
  }
  --waiting_;
  return true;
}

Inspection Flights::result_of(const Flight& flight) const {
  MutexLock lock{mutex_};
  return flight.result;
}

bool Flights::is_over(const std::vector<FlightPtr>& flights) const {
  return std::all_of(flights.begin(), flights.end(), [](const FlightPtr& flight) {
    return flight->result != nullptr;
  });
}

// The executor has a thread for each that may run, so that it refuses only when all is at its end.
void Flights::start_waiting() {
  while (std::optional<HostQueue::Task> task = queue_.next()) {
    if (!executor_.submit(std::move(*task))) {
      return;
    }
  }
}

void Flights::fly(Flight& flight) {
  metrics_.add_lookups_in_flight(1);
  Inspection result;
  try {
    result = look_up_(flight.request, flight.keys, deadline_in(options_.lookup_timeout));
  } catch (const std::exception& exception) {
    // Inspectors don't throw, but memory may run out: whoever waits must get an answer all the
    // same.
    observability::log_error("a lookup failed", {{"why", exception.what()}});
    result = failed_here(flight.request, LookupFailureKind::Unreadable, "could not be read");
  }
  metrics_.add_lookups_in_flight(-1);
  MutexLock lock{mutex_};
  land(flight, std::move(result));
  start_waiting();
}

void Flights::land(Flight& flight, Inspection result) {
  if (!result->failure) {
    queue_.set_answers(flight.host, true);
  } else {
    metrics_.count_lookup("error");
    // A registry that says no has answered, but so does any web server.
    if (is_no_answer(result->failure->kind)) {
      queue_.set_answers(flight.host, false);
    }
  }
  flight.result = std::move(result);
  queue_.finished(flight.host);
  flights_.erase(flight.keys.lookup);
  flight.landed.notify_all();
}

}  // namespace leangate::inspection
