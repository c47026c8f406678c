#include "webhook/inspection/registry_inspector.h"

#include <utility>

#include "webhook/inspection/image_lookup.h"
#include "webhook/registry/client.h"

namespace leangate::inspection {
namespace {

using policy::ImageEvidence;
using policy::LookupFailure;
using registry::RegistryError;

// Hosts that nobody configured are described by nobody: leangate is no port scanner.
constexpr const char* kUnconfiguredDetail = "could not be read";

LookupFailure failure_of(const InspectionRequest& request,
                         bool is_configured,
                         const RegistryError& error) {
  return {error.kind,
          request.reference.str() + ": " + error.detail,
          is_configured ? error.detail : kUnconfiguredDetail,
          error.retry_after};
}

Inspection failed(const InspectionRequest& request,
                  bool is_configured,
                  const RegistryError& error) {
  ImageEvidence evidence;
  evidence.offered = error.offered;
  evidence.failure = failure_of(request, is_configured, error);
  return std::make_shared<const ImageEvidence>(std::move(evidence));
}

}  // namespace

class RegistryInspector::Impl {
 public:
  Impl(transport::HttpTransport& transport,
       registry::RegistryOptions options,
       observability::Metrics& metrics,
       const Clock& clock)
      : client_{transport, std::move(options), metrics, clock} {}

  Inspection inspect(const InspectionRequest& request, Deadline deadline) {
    const registry::RegistryClient::Lookup lookup = lookup_for(request, deadline);
    Result<registry::Endpoint, RegistryError> endpoint = client_.endpoint_of(lookup);
    if (!endpoint) {
      return failed(request, false, endpoint.error());
    }
    const bool is_configured = endpoint->is_configured();
    registry::RepositoryReader reader = client_.open(lookup, std::move(*endpoint));
    Result<ImageEvidence, RegistryError> evidence =
        look_up_image(reader, request.platforms, request.level);
    if (!evidence) {
      return failed(request, is_configured, evidence.error());
    }
    return std::make_shared<const ImageEvidence>(std::move(*evidence));
  }

  Result<std::string, LookupFailure> resolve(const InspectionRequest& request, Deadline deadline) {
    const registry::RegistryClient::Lookup lookup = lookup_for(request, deadline);
    Result<registry::Endpoint, RegistryError> endpoint = client_.endpoint_of(lookup);
    if (!endpoint) {
      return Failure{failure_of(request, false, endpoint.error())};
    }
    const bool is_configured = endpoint->is_configured();
    Result<std::string, RegistryError> digest =
        client_.open(lookup, std::move(*endpoint)).resolve_root();
    if (!digest) {
      return Failure{failure_of(request, is_configured, digest.error())};
    }
    return std::move(*digest);
  }

 private:
  static registry::RegistryClient::Lookup lookup_for(const InspectionRequest& request,
                                                     Deadline deadline) {
    return {request.reference, request.credentials, request.host_is_users_word, deadline};
  }

  registry::RegistryClient client_;
};

RegistryInspector::RegistryInspector(transport::HttpTransport& transport,
                                     registry::RegistryOptions options,
                                     observability::Metrics& metrics,
                                     const Clock& clock)
    : impl_{std::make_unique<Impl>(transport, std::move(options), metrics, clock)} {}

RegistryInspector::~RegistryInspector() = default;

std::vector<Inspection> RegistryInspector::inspect_all(
    const std::vector<InspectionRequest>& requests, Deadline deadline) {
  std::vector<Inspection> results;
  results.reserve(requests.size());
  for (const InspectionRequest& request : requests) {
    results.push_back(impl_->inspect(request, deadline));
  }
  return results;
}

Result<std::string, LookupFailure> RegistryInspector::resolve(const InspectionRequest& request,
                                                              Deadline deadline) {
  return impl_->resolve(request, deadline);
}

}  // namespace leangate::inspection
