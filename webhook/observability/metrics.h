// The metrics of leangate, by name and label as the documentation promises them (README,
// "Metrics"). A typed face over prometheus-cpp, so that no label is ever free text by accident.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace leangate::observability {

// Safe from any thread. Values of labels that come from outside are bounded: what isn't among the
// known ones counts as "other".
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // decision: allow, warn, deny, error.
  void count_review(std::string_view kind,
                    std::string_view operation,
                    std::string_view decision,
                    std::chrono::steady_clock::duration took);
  void count_finding(std::string_view policy,
                     std::string_view rule,
                     std::string_view action,
                     bool enforced);
  // `registry` is a host; the first 50 that answer keep their name, others are "other" unless
  // configured.
  void count_registry_request(std::string_view registry,
                              std::string_view method,
                              int code,  // 0: no answer
                              std::chrono::steady_clock::duration took);
  // A request that is asked again.
  void count_registry_retry(std::string_view registry);
  // Pulls left of a quota that the registry counts; hosts without a name of their own have none.
  void set_registry_rate_remaining(std::string_view registry, std::uint32_t remaining);
  // Configured hosts always keep their name.
  void name_registry(std::string_view registry);
  // result: hit, miss, coalesced, stale, negative, error, refused.
  void count_lookup(std::string_view result);
  void add_lookups_in_flight(int delta);
  void set_cache(std::size_t bytes, std::size_t entries);
  // state: active, idle, handshaking.
  void set_connections(std::string_view state, std::size_t count);
  // state: loaded, failed.
  void set_policies(std::string_view state, std::size_t count);
  // what: policies, certificate.
  void count_reload_failure(std::string_view what);
  void set_certificate_expiry(std::chrono::sys_seconds expiry);

  // The Prometheus text exposition format, process_* included.
  std::string render() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace leangate::observability
