// From the host in a reference to the endpoint that is asked, and to whom else credentials and
// requests may go from there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/image_reference.h"
#include "policy/result.h"
#include "webhook/registry/registry_error.h"
#include "webhook/registry/registry_options.h"
#include "webhook/transport/http_transport.h"
#include "webhook/transport/url.h"

namespace leangate::registry {

// Where the repositories of one host are read.
struct Endpoint {
  std::string domain;              // as references write it: "docker.io"
  transport::Url base;             // "https://registry-1.docker.io/"
  const HostRule* rule = nullptr;  // of the table; null where no entry names the host
  std::shared_ptr<const transport::HostAccess> access;  // never null

  bool is_configured() const { return access->configured; }
};

// Somewhere a registry sends us.
struct Target {
  transport::Url url;
  std::shared_ptr<const transport::HostAccess> access;  // null: an ordinary public host
  bool may_take_credentials = false;
};

// Immutable, safe from any thread.
class HostTable {
 public:
  HostTable(std::vector<HostRule> rules, TokenRealmPolicy token_realms);
  HostTable(const HostTable&) = delete;  // endpoints point into it
  HostTable& operator=(const HostTable&) = delete;

  // The first rule that matches the host counts. `users_word`: the command's user named the host
  // himself, so it may be private or loopback.
  Result<Endpoint, RegistryError> endpoint_of(const policy::ImageReference& reference,
                                              bool users_word) const;

  // The realm of a Bearer challenge, which may be relative to the URL that was asked: https, or
  // http where the registry itself is plain http. Whether it may take credentials, too, is told.
  Result<Target, RegistryError> realm_of(const Endpoint& endpoint,
                                         const transport::Url& asked,
                                         std::string_view realm) const;

  // Where a Location header leads: never from https to http. Credentials go along within the
  // endpoint's origin only.
  Result<Target, RegistryError> redirect_of(const Endpoint& endpoint,
                                            const transport::Url& from,
                                            std::string_view location) const;

  const std::vector<HostRule>& rules() const { return rules_; }

 private:
  const HostRule* rule_for(const std::string& domain) const;

  std::vector<HostRule> rules_;
  TokenRealmPolicy token_realms_;
};

// "host", or "host:port" where the port isn't the scheme's own; IPv6 literals in brackets.
std::string host_of(const transport::Url& url);

}  // namespace leangate::registry
