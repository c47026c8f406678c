// What the kubelet and a credential provider say to each other: API group
// credentialprovider.kubelet.k8s.io, whose versions v1alpha1, v1beta1 and v1 look alike.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/image_reference.h"
#include "policy/result.h"
#include "webhook/inspection/image_inspector.h"

namespace leangate::registry {

struct ProviderResponse {
  // What else the credentials may be used for, until they expire.
  enum class CacheKey { Image, Registry, Global };

  CacheKey cache_key = CacheKey::Image;
  std::optional<std::chrono::milliseconds> cache_duration;  // absent: the provider's default
  std::vector<inspection::Credential> credentials;
};

// The CredentialProviderRequest for an image, of which the provider is told the normalised name
// without tag and digest.
std::string provider_request(const std::string& api_version,
                             const policy::ImageReference& reference);

// Reads a CredentialProviderResponse of exactly this apiVersion. The error never quotes the text.
// A user name and a password may both be empty: a match that asks anonymously.
Result<ProviderResponse, std::string> read_provider_response(std::string_view json,
                                                             const std::string& api_version);

}  // namespace leangate::registry
