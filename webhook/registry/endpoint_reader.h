// Reads manifests and configs of one repository from one endpoint: authorised, redirected, bounded
// and verified.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/result.h"
#include "webhook/registry/authorizer.h"
#include "webhook/registry/credential_source.h"
#include "webhook/registry/exchange.h"
#include "webhook/registry/head_support.h"
#include "webhook/registry/host_table.h"
#include "webhook/registry/registry_error.h"
#include "webhook/support/clock.h"

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
  std::vector<std::string> warnings;  // of the registry to people, each one safe line
};

// What all lookups share.
struct ReaderServices {
  AuthorizationServices authorization;
  HeadSupport& heads;
};

// What a lookup asks of an endpoint, and as whom.
struct EndpointAccess {
  std::string repository;  // as the endpoint knows it: "library/python"
  FoundCredentials credentials;
  Deadline deadline;
};

// Used by one thread. The services must outlive it.
class EndpointReader {
 public:
  EndpointReader(ReaderServices services, Endpoint endpoint, EndpointAccess access);

  // Reads the manifest of a tag or digest, with the first credential that may. What is read
  // afterwards uses the same credential.
  Result<Content, RegistryError> read(const std::string& reference);

  // The digest that a tag names, or that of a digest that is there, with the first credential that
  // may: by HEAD, and where the registry doesn't answer that as it should, by GET and our own hash.
  Result<std::string, RegistryError> resolve(const std::string& reference);

  // Reads all at once, by digest; results in the order of `wanted`.
  std::vector<Result<Content, RegistryError>> read_all(const std::vector<Wanted>& wanted);

 private:
  struct Transfer;

  Result<Content, RegistryError> read_with_credentials(const Wanted& wanted);
  Transfer begin(const Wanted& wanted) const;
  void ask_endpoint(Transfer& transfer) const;
  void run(std::vector<Transfer>& transfers);
  void run_round(const std::vector<Transfer*>& open);
  Question question_for(const Transfer& transfer, const std::string& authorization) const;
  void follow(Transfer& transfer, const Answer& answer) const;
  void finish(Transfer& transfer, Answer answer) const;
  void finish_head(Transfer& transfer, const Answer& answer) const;
  RegistryError refusal(const Transfer& transfer, const Answer& answer) const;

  ReaderServices services_;
  std::unique_ptr<Endpoint> endpoint_;  // its address stays, authorizers point to it
  EndpointAccess access_;
  std::optional<Authorizer> authorizer_;
};

}  // namespace leangate::registry
