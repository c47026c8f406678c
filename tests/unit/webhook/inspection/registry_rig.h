// The registry in memory that the tests of the registry inspector share: one repository, and the
// inspector that reads it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"
#include "tests/fakes/image_builder.h"
#include "webhook/inspection/registry_inspector.h"

namespace leangate::inspection {

using fakes::Blob;
using fakes::BuiltImage;
using fakes::FakeAnswer;

inline constexpr const char* kOrigin = "https://registry.example";

inline FakeAnswer serving(const Blob& blob) {
  return {200, blob.bytes, {{"content-type", blob.media_type}}, {}};
}

inline policy::ImageReference reference_to(const std::string& tag_or_digest) {
  policy::ImageReference reference;
  reference.domain = "registry.example";
  reference.path = "team/app";
  if (tag_or_digest.find(':') == std::string::npos) {
    reference.tag = tag_or_digest;
  } else {
    reference.digest = tag_or_digest;
  }
  return reference;
}

// A registry of one repository, in memory, and the inspector that reads it.
class Rig {
 public:
  registry::RegistryOptions options;
  fakes::FakeTransport transport;
  fakes::FakeClock clock;
  observability::Metrics metrics;

  void add(const BuiltImage& image) {
    add_document(image.manifest);
    transport.on(blob_url(image.config.digest), serving(image.config));
  }
  void add_document(const Blob& blob) { transport.on(manifest_url(blob.digest), serving(blob)); }
  void tag(const std::string& name, const Blob& blob) {
    transport.on(manifest_url(name), serving(blob));
  }
  static std::string manifest_url(const std::string& reference) {
    return std::string{kOrigin} + "/v2/team/app/manifests/" + reference;
  }
  static std::string blob_url(const std::string& digest) {
    return std::string{kOrigin} + "/v2/team/app/blobs/" + digest;
  }

  Inspection inspect(const InspectionRequest& request) {
    return inspector().inspect_all({request}, deadline_in(std::chrono::seconds{30})).front();
  }
  Inspection inspect(const std::string& tag, const PlatformChoice& platforms = {true, {}}) {
    InspectionRequest request;
    request.reference = reference_to(tag);
    request.platforms = platforms;
    return inspect(request);
  }

  Result<std::string, policy::LookupFailure> resolve(const InspectionRequest& request) {
    return inspector().resolve(request, deadline_in(std::chrono::seconds{30}));
  }
  Result<std::string, policy::LookupFailure> resolve(const std::string& tag_or_digest) {
    InspectionRequest request;
    request.reference = reference_to(tag_or_digest);
    return resolve(request);
  }

 private:
  RegistryInspector& inspector() {
    if (inspector_ == nullptr) {
      inspector_ = std::make_unique<RegistryInspector>(transport, options, metrics, clock);
    }
    return *inspector_;
  }

  std::unique_ptr<RegistryInspector> inspector_;
};

inline BuiltImage image_for(const std::string& architecture, const std::string& variant = "") {
  fakes::ImageSpec spec;
  spec.platform = {"linux", architecture, variant};
  spec.layers = {"layer for " + architecture + variant};
  return build_image(spec);
}

inline FakeAnswer unauthorized(const std::string& challenge) {
  return {401, "", {{"www-authenticate", challenge}}, {}};
}

inline Credential credential(const std::string& user) {
  return {"registry.example", user, "password", ""};
}

}  // namespace leangate::inspection
