// Credentials from the kubelet's credential providers (KEP 2133): programs that turn the identity
// of a cloud's workload into passwords for the cloud's registries.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "webhook/registry/credential_program.h"
#include "webhook/registry/credential_provider_config.h"
#include "webhook/registry/credential_source.h"

namespace leangate::registry {

// A provider is asked for images that its matchImages match and for no others, and told the image
// without tag and digest. All that match are asked at once. Its answer is kept for the image, the
// registry or everything, as it says. One that fails, as one that has nothing, leaves the image to
// other credentials or to none, as on the node.
class CredentialProviders final : public CredentialSource {
 public:
  // `directory` holds the programs. Each gets `environment` and what the configuration adds to it,
  // which counts where both have a variable: cloud identities are told in many of them (AWS_*,
  // AZURE_*, HTTPS_PROXY, PATH), and the kubelet hands on its own, too. The clock must outlive it.
  CredentialProviders(const std::vector<ProviderOptions>& providers,
                      const std::string& directory,
                      const std::vector<std::string>& environment,
                      const Clock& clock);
  ~CredentialProviders() override;

  FoundCredentials find(const policy::ImageReference& reference, Deadline deadline) override;
  void stop() override;

 private:
  class Provider;

  std::vector<std::unique_ptr<Provider>> providers_;
};

}  // namespace leangate::registry
