// One lookup in one repository, wherever its content is served: mirrors first, the registry itself
// last (containerd docs/hosts.md).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/image_reference.h"
#include "policy/result.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/registry/credential_source.h"
#include "webhook/registry/endpoint_reader.h"
#include "webhook/registry/host_table.h"
#include "webhook/registry/registry_error.h"
#include "webhook/support/clock.h"

namespace leangate::registry {

// Whom and what a lookup is about; the credentials are tried as the kubelet tries them.
struct Lookup {
  const policy::ImageReference& reference;
  const inspection::CredentialSet& credentials;
  bool host_is_users_word = false;
  Deadline deadline;
};

// Used by one thread. What the lookup points to, and the services, must outlive it.
class RepositoryReader {
 public:
  // `endpoints`: in the order in which they are asked, at least one. `operators` may be null.
  RepositoryReader(ReaderServices services,
                   const Lookup& lookup,
                   CredentialSource* operators,
                   std::vector<Endpoint> endpoints);

  // Reads what the reference names. To be called first: what follows is read where this was.
  Result<Content, RegistryError> read_root();

  // The digest of what the reference names, read only where it can't be had otherwise.
  Result<std::string, RegistryError> resolve_root();

  // Reads all at once, by digest; results in the order of `wanted`. What one endpoint can't give,
  // the others are asked for.
  std::vector<Result<Content, RegistryError>> read_all(const std::vector<Wanted>& wanted);

  // Whether the operator configured every endpoint that is asked.
  bool is_configured() const;
  // Who answered read_root().
  const Endpoint& answered_by() const { return stops_[current_].endpoint; }

 private:
  // An endpoint, and its reader once something was asked there.
  struct Stop {
    Endpoint endpoint;
    std::unique_ptr<EndpointReader> reader;
  };
  using Ask = std::function<Result<Content, RegistryError>(std::size_t stop)>;

  EndpointReader& reader_at(std::size_t stop);
  Result<Content, RegistryError> ask_in_turn(bool Endpoint::*may, const Ask& ask);
  Result<Content, RegistryError> read_digest(const std::string& digest);
  Result<Content, RegistryError> read_tag(const std::string& tag, std::size_t stop);

  ReaderServices services_;
  const Lookup lookup_;
  CredentialSource* operators_;
  std::vector<Stop> stops_;
  std::size_t current_ = 0;
};

}  // namespace leangate::registry
