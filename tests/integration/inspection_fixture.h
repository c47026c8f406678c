// What the tests share that read images over real sockets: the whole stack from cache to curl, and
// questions to it.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "tests/fakes/fake_clock.h"
#include "tests/support/catch.h"
#include "webhook/inspection/caching_inspector.h"
#include "webhook/inspection/registry_inspector.h"
#include "webhook/transport/curl_transport.h"

namespace leangate::inspection {

constexpr const char* kUser = "robot";
constexpr const char* kPassword = "hunter2-password";

// As `leangate serve` wires it.
struct InspectionStack {
  explicit InspectionStack(const registry::RegistryOptions& options)
      : registry{transport, options, metrics, clock},
        caching{{registry, registry, metrics, clock}, caching_options()} {}

  // Every host of these tests is one that the operator named.
  static CachingOptions caching_options() {
    CachingOptions options;
    options.is_configured = [](const std::string&) { return true; };
    return options;
  }

  observability::Metrics metrics;
  fakes::FakeClock clock;
  transport::CurlTransport transport{transport::CurlTransportOptions{}};
  RegistryInspector registry;
  CachingInspector caching;
};

// The image "team/app" of that registry, on all its platforms.
inline InspectionRequest request_for(const std::string& domain, const std::string& tag_or_digest) {
  InspectionRequest request;
  request.reference.domain = domain;
  request.reference.path = "team/app";
  if (policy::is_digest(tag_or_digest)) {
    request.reference.digest = tag_or_digest;
  } else {
    request.reference.tag = tag_or_digest;
  }
  request.platforms.all = true;
  return request;
}

inline InspectionRequest only_for(InspectionRequest request, const policy::Platform& platform) {
  request.platforms = {false, {platform}};
  return request;
}

inline InspectionRequest with_password(InspectionRequest request, const std::string& password) {
  request.credentials.credentials = {{request.reference.domain, kUser, password, ""}};
  request.credentials.fingerprint = "of a test";
  return request;
}

inline Inspection ask(ImageInspector& inspector,
                      const InspectionRequest& request,
                      std::chrono::milliseconds patience = std::chrono::seconds{20}) {
  return inspector.inspect_all({request}, deadline_in(patience)).front();
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace leangate::inspection
