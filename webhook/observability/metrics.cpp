#include "webhook/observability/metrics.h"

#include <algorithm>
#include <array>
#include <span>
#include <sstream>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "webhook/observability/process_metrics.h"
#include "webhook/observability/registry_names.h"
#include "webhook/support/version.h"

namespace leangate::observability {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

// Seconds. From a review answered out of the cache (1 ms) to the longest timeout a webhook
// configuration may ask for (30 s).
const std::vector<double>& duration_buckets() {
  static const std::vector<double> kBuckets{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30};
  return kBuckets;
}

constexpr auto kKinds = std::to_array<std::string_view>({"Pod",
                                                         "Deployment",
                                                         "ReplicaSet",
                                                         "StatefulSet",
                                                         "DaemonSet",
                                                         "ReplicationController",
                                                         "Job",
                                                         "CronJob",
                                                         "PodTemplate"});
constexpr auto kOperations =
    std::to_array<std::string_view>({"CREATE", "UPDATE", "DELETE", "CONNECT"});
constexpr auto kDecisions = std::to_array<std::string_view>({"allow", "warn", "deny", "error"});
constexpr auto kMethods = std::to_array<std::string_view>({"GET", "HEAD", "POST"});
constexpr auto kLookupResults = std::to_array<std::string_view>(
    {"hit", "miss", "coalesced", "stale", "negative", "error", "refused"});
constexpr auto kConnectionStates =
    std::to_array<std::string_view>({"active", "idle", "handshaking"});
constexpr auto kPolicyStates = std::to_array<std::string_view>({"loaded", "failed"});
constexpr auto kReloads = std::to_array<std::string_view>({"policies", "certificate"});

std::string one_of(std::span<const std::string_view> known, std::string_view value) {
  return std::string{std::find(known.begin(), known.end(), value) != known.end() ? value : "other"};
}

// "0" is no answer at all.
std::string code_label(int code) {
  return code >= 0 && code <= 999 ? std::to_string(code) : "other";
}

double seconds(std::chrono::steady_clock::duration span) {
  return std::chrono::duration<double>{span}.count();
}

}  // namespace

struct Metrics::Families {
  // Declared first: the families below live in it.
  prometheus::Registry registry;
  RegistryNames registry_names;

  Family<Counter>& counter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Family<Gauge>& gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  Family<Histogram>& histogram(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  Family<Counter>& reviews = counter("leangate_reviews_total", "Admission reviews answered.");
  Family<Histogram>& review_duration =
      histogram("leangate_review_duration_seconds", "From the last byte read to the answer.");
  Family<Counter>& findings = counter("leangate_findings_total", "Findings in admission reviews.");
  Family<Counter>& registry_requests =
      counter("leangate_registry_requests_total", "Requests to registries; code 0 is no answer.");
  Family<Histogram>& registry_duration = histogram("leangate_registry_request_duration_seconds",
                                                   "How long requests to registries took.");
  Family<Counter>& registry_retries =
      counter("leangate_registry_retries_total", "Requests to registries that were repeated.");
  Family<Gauge>& registry_rate_remaining =
      gauge("leangate_registry_ratelimit_remaining",
            "Pulls left of the registry's quota, as it said last for any credential.");
  Family<Counter>& lookups =
      counter("leangate_lookups_total", "Image lookups by where their answer came from.");
  Family<Gauge>& in_flight =
      gauge("leangate_lookups_in_flight", "Image lookups that wait for a registry.");
  Family<Gauge>& cache_bytes = gauge("leangate_cache_bytes", "Bytes that the image cache holds.");
  Family<Gauge>& cache_entries =
      gauge("leangate_cache_entries", "Entries that the image cache holds.");
  Family<Gauge>& connections =
      gauge("leangate_connections", "Connections to the webhook's listener.");
  Family<Gauge>& policies = gauge("leangate_policies", "Policy documents by how they loaded.");
  Family<Counter>& reload_failures =
      counter("leangate_reload_failures_total", "Reloads after which the last good one was kept.");
  Family<Gauge>& certificate_expiry = gauge("leangate_certificate_expiry_timestamp_seconds",
                                            "When the server's certificate expires.");
  Family<Gauge>& build_info = gauge("leangate_build_info", "Always 1; the build is in the labels.");

  // Whatever has a known set of labels is there from the start, so that a rate sees the first
  // event.
  Families() {
    for (const std::string_view result : kLookupResults) {
      lookups.Add({{"result", std::string{result}}});
    }
    for (const std::string_view state : kConnectionStates) {
      connections.Add({{"state", std::string{state}}});
    }
    for (const std::string_view state : kPolicyStates) {
      policies.Add({{"state", std::string{state}}});
    }
    for (const std::string_view what : kReloads) {
      reload_failures.Add({{"what", std::string{what}}});
    }
    build_info.Add({{"version", kVersion}, {"commit", kCommit}}).Set(1);
    in_flight.Add({});
    cache_bytes.Add({});
    cache_entries.Add({});
  }
};

Metrics::Metrics() : families_{std::make_unique<Families>()} {}
Metrics::~Metrics() = default;

void Metrics::count_review(std::string_view kind,
                           std::string_view operation,
                           std::string_view decision,
                           std::chrono::steady_clock::duration took) {
  const std::string outcome = one_of(kDecisions, decision);
  families_->reviews
      .Add({{"kind", one_of(kKinds, kind)},
            {"operation", one_of(kOperations, operation)},
            {"decision", outcome}})
      .Increment();
  families_->review_duration.Add({{"decision", outcome}}, duration_buckets())
      .Observe(seconds(took));
}

void Metrics::count_finding(std::string_view policy,
                            std::string_view rule,
                            std::string_view action,
                            bool enforced) {
  families_->findings
      .Add({{"policy", std::string{policy}},
            {"rule", std::string{rule}},
            {"action", std::string{action}},
            {"enforced", enforced ? "true" : "false"}})
      .Increment();
}

void Metrics::count_registry_request(std::string_view registry,
                                     std::string_view method,
                                     int code,
                                     std::chrono::steady_clock::duration took) {
  const std::string host = families_->registry_names.label(registry, code != 0);
  families_->registry_requests
      .Add({{"registry", host}, {"method", one_of(kMethods, method)}, {"code", code_label(code)}})
      .Increment();
  families_->registry_duration.Add({{"registry", host}}, duration_buckets()).Observe(seconds(took));
}

void Metrics::count_registry_retry(std::string_view registry) {
  families_->registry_retries.Add({{"registry", families_->registry_names.label(registry, false)}})
      .Increment();
}

void Metrics::set_registry_rate_remaining(std::string_view registry, std::uint32_t remaining) {
  const std::string host = families_->registry_names.label(registry, true);
  if (host != "other") {  // whose quota would that be
    families_->registry_rate_remaining.Add({{"registry", host}}).Set(remaining);
  }
}

void Metrics::name_registry(std::string_view registry) {
  families_->registry_names.add(registry);
}

void Metrics::count_lookup(std::string_view result) {
  families_->lookups.Add({{"result", one_of(kLookupResults, result)}}).Increment();
}

void Metrics::add_lookups_in_flight(int delta) {
  families_->in_flight.Add({}).Increment(delta);
}

void Metrics::set_cache(std::size_t bytes, std::size_t entries) {
  families_->cache_bytes.Add({}).Set(static_cast<double>(bytes));
  families_->cache_entries.Add({}).Set(static_cast<double>(entries));
}

void Metrics::set_connections(std::string_view state, std::size_t count) {
  families_->connections.Add({{"state", one_of(kConnectionStates, state)}})
      .Set(static_cast<double>(count));
}

void Metrics::set_policies(std::string_view state, std::size_t count) {
  families_->policies.Add({{"state", one_of(kPolicyStates, state)}})
      .Set(static_cast<double>(count));
}

void Metrics::count_reload_failure(std::string_view what) {
  families_->reload_failures.Add({{"what", one_of(kReloads, what)}}).Increment();
}

void Metrics::set_certificate_expiry(std::chrono::sys_seconds expiry) {
  families_->certificate_expiry.Add({}).Set(static_cast<double>(expiry.time_since_epoch().count()));
}

std::string Metrics::render() const {
  std::vector<prometheus::MetricFamily> all = families_->registry.Collect();
  for (prometheus::MetricFamily& family : collect_process_metrics()) {
    all.push_back(std::move(family));
  }
  // A family without a value would be a heading over nothing.
  std::erase_if(all, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  std::ostringstream text;
  prometheus::TextSerializer{}.Serialize(text, all);
  return text.str();
}

}  // namespace leangate::observability
