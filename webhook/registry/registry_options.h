// What the operator says about registries: plain data, filled by the settings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "webhook/registry/credential_source.h"
#include "webhook/registry/hosts_directory.h"

namespace leangate::registry {

// One entry of registries.hosts.
struct HostRule {
  std::string host;  // "registry.corp.example:5000", or a glob over names: "*.corp.example"
  bool plain_http = false;
  std::string ca_file;
  std::string client_cert_file;
  std::string client_key_file;
  std::vector<std::string> token_realms;    // hosts that may be handed this host's credentials
  std::vector<std::string> redirect_hosts;  // may be private like the host itself
  bool allow_private_network = false;
};

// Strict: credentials go to the registry's own host, its listed token realms, and the pairs that
// are public knowledge (docker.io -> auth.docker.io). AnyHttps: to any realm over TLS.
enum class TokenRealmPolicy { Strict, AnyHttps };

struct RegistryOptions {
  std::vector<HostRule> hosts;  // the first that matches counts
  TokenRealmPolicy token_realms = TokenRealmPolicy::Strict;
  std::shared_ptr<const HostsDirectory> mirrors;  // null for none
  // The operator's own, tried after the credentials that come with a workload; null for none.
  std::shared_ptr<CredentialSource> credentials;
};

}  // namespace leangate::registry
