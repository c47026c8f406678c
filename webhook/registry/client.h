// Reads manifests and configs of repositories: authorised, redirected, bounded and verified.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/image_reference.h"
#include "policy/result.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/observability/metrics.h"
#include "webhook/registry/authorizer.h"
#include "webhook/registry/credential_source.h"
#include "webhook/registry/exchange.h"
#include "webhook/registry/head_support.h"
#include "webhook/registry/host_table.h"
#include "webhook/registry/manifest.h"
#include "webhook/registry/registry_error.h"
#include "webhook/registry/registry_options.h"
#include "webhook/registry/token.h"
#include "webhook/support/clock.h"
#include "webhook/transport/http_transport.h"

namespace leangate::registry {

// What to read of a repository.
struct Wanted {
  // ManifestHead: not the manifest, only what names it.
  enum class Kind { Manifest, ManifestHead, Blob };
  Kind kind = Kind::Manifest;
  std::string reference;   // a digest; for a manifest also a tag
  std::uint64_t size = 0;  // the descriptor's, 0 when there is no descriptor
};

// Bytes that hash to `digest` (of a tag: what it named when it was asked). Of a ManifestHead there
// are none, and the digest is the registry's word.
struct Content {
  std::string body;
  std::string digest;
  std::string content_type;
};

class RepositoryReader;

// Safe from any thread; keeps tokens and challenges for all lookups.
class RegistryClient {
 public:
  // The references must outlive it.
  RegistryClient(transport::HttpTransport& transport,
                 RegistryOptions options,
                 observability::Metrics& metrics,
                 const Clock& clock);

  // Whom and what a lookup is about; the credentials are tried as the kubelet tries them.
  struct Lookup {
    const policy::ImageReference& reference;
    const inspection::CredentialSet& credentials;
    bool host_is_users_word = false;
    Deadline deadline;
  };

  Result<Endpoint, RegistryError> endpoint_of(const Lookup& lookup) const;
  RepositoryReader open(const Lookup& lookup, Endpoint endpoint);

 private:
  friend class RepositoryReader;

  std::shared_ptr<CredentialSource> credentials_;  // null: the operator has none
  HostTable hosts_;
  Exchanger exchanger_;
  TokenCache tokens_;
  ChallengeCache challenges_;
  HeadSupport heads_;
  const Clock& clock_;
};

// One lookup in one repository, used by one thread. The client and what the lookup points to must
// outlive it.
class RepositoryReader {
 public:
  RepositoryReader(RegistryClient& client, const RegistryClient::Lookup& lookup, Endpoint endpoint);

  // Reads what the reference names, with the first credential that may. To be called first: what
  // follows uses the same credential.
  Result<Content, RegistryError> read_root();

  // The digest of what the reference names, with the first credential that may: by HEAD, and where
  // the registry doesn't answer that as it should, by GET and our own hash.
  Result<std::string, RegistryError> resolve_root();

  // Reads all at once, by digest; results in the order of `wanted`.
  std::vector<Result<Content, RegistryError>> read_all(const std::vector<Wanted>& wanted);

 private:
  struct Transfer;

  std::string root_reference() const;
  Result<Content, RegistryError> read_with_credentials(const Wanted& wanted);
  Transfer begin(const Wanted& wanted) const;
  void run(std::vector<Transfer>& transfers);
  void run_round(const std::vector<Transfer*>& open);
  Question question_for(const Transfer& transfer, const std::string& authorization) const;
  void follow(Transfer& transfer, const Answer& answer) const;
  void finish(Transfer& transfer, Answer answer) const;
  void finish_head(Transfer& transfer, const Answer& answer) const;
  RegistryError refusal(const Transfer& transfer, const Answer& answer) const;

  RegistryClient& client_;
  const policy::ImageReference& reference_;
  Deadline deadline_;
  FoundCredentials credentials_;
  std::unique_ptr<Endpoint> endpoint_;  // its address stays, authorizers point to it
  std::optional<Authorizer> authorizer_;
};

}  // namespace leangate::registry
