// The kubelet's CredentialProviderConfig (kubelet.config.k8s.io), as it lies on the nodes: which
// programs have credentials for which images.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document_tree.h"
#include "policy/result.h"

namespace leangate::registry {

struct ProviderOptions {
  std::string name;  // of a program in the provider directory
  std::vector<std::string> match_images;
  std::chrono::milliseconds default_cache_duration{0};
  std::string api_version;  // of the language it speaks
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  // "NAME=VALUE", besides what leangate has itself
};

// Reads one document, YAML or JSON, as strictly as the kubelet does. All mistakes at once, each
// with its place. A provider with tokenAttributes is one: it is to be run with a token of the pod's
// service account, and without it would give other credentials than the node gets.
Result<std::vector<ProviderOptions>, std::vector<policy::Mistake>> read_provider_config(
    std::string_view text, const std::string& file);

}  // namespace leangate::registry
