// What all lookups in registries share: hosts, credentials, tokens, and what was learnt of each
// registry.
#pragma once

#include <memory>

#include "policy/result.h"
#include "webhook/observability/metrics.h"
#include "webhook/registry/authorizer.h"
#include "webhook/registry/credential_source.h"
#include "webhook/registry/exchange.h"
#include "webhook/registry/head_support.h"
#include "webhook/registry/host_table.h"
#include "webhook/registry/registry_error.h"
#include "webhook/registry/registry_options.h"
#include "webhook/registry/repository_reader.h"
#include "webhook/registry/token.h"
#include "webhook/support/clock.h"
#include "webhook/transport/http_transport.h"

namespace leangate::registry {

// Safe from any thread; keeps tokens and challenges for all lookups.
class RegistryClient {
 public:
  // The references must outlive it.
  RegistryClient(transport::HttpTransport& transport,
                 RegistryOptions options,
                 observability::Metrics& metrics,
                 const Clock& clock);

  // Fails when the reference's host can be none. What the lookup points to, and the client, must
  // outlive the reader.
  Result<RepositoryReader, RegistryError> open(const Lookup& lookup);

 private:
  std::shared_ptr<CredentialSource> credentials_;  // null: the operator has none
  HostTable hosts_;
  Exchanger exchanger_;
  TokenCache tokens_;
  ChallengeCache challenges_;
  HeadSupport heads_;
  const Clock& clock_;
};

}  // namespace leangate::registry
