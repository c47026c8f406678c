// Reads images from their registries: tag resolved once, everything after by digest, verified.
#pragma once

#include <memory>
#include <vector>

#include "webhook/inspection/image_inspector.h"
#include "webhook/observability/metrics.h"
#include "webhook/registry/registry_options.h"
#include "webhook/support/clock.h"
#include "webhook/transport/http_transport.h"

namespace leangate::inspection {

// Answers requests one after the other, blocking; the manifests and configs of one image's
// platforms are fetched together. The caching inspector gives it one request at a time, on its own
// threads. The references must outlive it.
class RegistryInspector final : public ImageInspector, public TagResolver {
 public:
  RegistryInspector(transport::HttpTransport& transport,
                    registry::RegistryOptions options,
                    observability::Metrics& metrics,
                    const Clock& clock);
  ~RegistryInspector() override;

  std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>& requests,
                                      Deadline deadline) override;
  Result<std::string, policy::LookupFailure> resolve(const InspectionRequest& request,
                                                     Deadline deadline) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leangate::inspection
