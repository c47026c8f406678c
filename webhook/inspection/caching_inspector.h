// Remembers what images hold, and asks for each only once at a time.
#pragma once

#include <memory>
#include <vector>

#include "webhook/inspection/cache_options.h"
#include "webhook/inspection/cache_store.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/observability/metrics.h"
#include "webhook/support/clock.h"

namespace leangate::inspection {

// All of it must outlive the inspector.
struct CachingParts {
  ImageInspector& inner;
  TagResolver& resolver;
  observability::Metrics& metrics;
  const Clock& clock;
  CacheStore* store = nullptr;  // or null: nothing survives a restart
};

// Facts are kept by their digest, shared by all, as long as there is room. Who may see them is kept
// apart: a name (tag or digest, in a repository, with one set of credentials) is trusted for a time
// after its registry confirmed it for just these credentials, and then asked for again, which costs
// one short request while it names the same. While a registry can't be asked, what a name last
// stood for is told for CachingOptions::stale_if_error, marked stale.
//
// N callers for one image make one lookup; it has a budget of its own and goes on when its callers
// gave up, so that a retry finds it.
class CachingInspector final : public ImageInspector {
 public:
  CachingInspector(const CachingParts& parts, CachingOptions options);
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
