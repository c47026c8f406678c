// The kubelet's CredentialProviderConfig.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "webhook/registry/credential_provider_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto providers = leangate::registry::read_provider_config(text, "config.yaml");
  if (!providers) {
    return 0;
  }
  for (const auto& provider : *providers) {
    // What is run must lie in the provider directory.
    if (provider.name.empty() || provider.name.find('/') != std::string::npos ||
        provider.name == "..") {
      std::abort();
    }
  }
  return 0;
}
