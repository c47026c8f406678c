// Remembers what images hold, and asks for each only once at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "webhook/inspection/image_inspector.h"
#include "webhook/observability/metrics.h"
#include "webhook/support/clock.h"

namespace leangate::inspection {

struct CachingOptions {
  std::size_t max_bytes = 64u << 20;
  std::chrono::milliseconds tag_ttl{std::chrono::seconds{60}};
  std::size_t max_in_flight = 64;  // lookups at one time, and threads for them
  std::size_t per_host = 16;       // of those, for one registry host
  std::chrono::milliseconds lookup_timeout{std::chrono::seconds{30}};
  // Calls that may wait for lookups at one time; one more starts its lookups and is answered at
  // once with failures of kind Overloaded. Whoever has few threads to call from leaves some for
  // answers that are known.
  std::size_t max_waiting = std::numeric_limits<std::size_t>::max();
};

// Facts by digest don't expire and are bounded in bytes, least recently used first out. A tag is
// believed for tag_ttl. N callers for one key make one lookup; it has a budget of its own and goes
// on when its callers gave up, so that a retry finds it. What one credential set saw, another
// doesn't.
class CachingInspector final : public ImageInspector {
 public:
  // The references must outlive it.
  CachingInspector(ImageInspector& inner,
                   const CachingOptions& options,
                   observability::Metrics& metrics,
                   const Clock& clock);
  // Drops the lookups that wait and waits for those that run, which end by their own budget: who
  // can't wait that long stops what they wait for, the transport, first.
  ~CachingInspector() override;

  std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>& requests,
                                      Deadline deadline) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leangate::inspection
