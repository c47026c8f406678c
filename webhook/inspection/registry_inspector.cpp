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
    Result<registry::RepositoryReader, RegistryError> reader =
        client_.open(lookup_for(request, deadline));
    if (!reader) {
      return failed(request, false, reader.error());
    }
    Result<ImageEvidence, RegistryError> evidence =
        look_up_image(*reader, request.platforms, request.level);
    if (!evidence) {
      return failed(request, reader->is_configured(), evidence.error());
    }
    return std::make_shared<const ImageEvidence>(std::move(*evidence));
  }

  Result<std::string, LookupFailure> resolve(const InspectionRequest& request, Deadline deadline) {
    Result<registry::RepositoryReader, RegistryError> reader =
        client_.open(lookup_for(request, deadline));
    if (!reader) {
      return Failure{failure_of(request, false, reader.error())};
    }
    Result<std::string, RegistryError> digest = reader->resolve_root();
    if (!digest) {
      return Failure{failure_of(request, reader->is_configured(), digest.error())};
    }
    return std::move(*digest);
  }

 private:
  static registry::Lookup lookup_for(const InspectionRequest& request, Deadline deadline) {
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
