// From the host in a reference to the endpoint that is asked, and to whom else credentials and
// requests may go from there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/image_reference.h"
#include "policy/result.h"
#include "webhook/registry/hosts_directory.h"
#include "webhook/registry/registry_error.h"
#include "webhook/registry/registry_options.h"
#include "webhook/transport/http_transport.h"
#include "webhook/transport/url.h"

namespace leangate::registry {

// Where the repositories of one registry are read: the registry itself or a mirror of it.
struct Endpoint {
  std::string domain;              // for people and metrics: "docker.io", or the mirror's host
  transport::Url base;             // the root of the API: "https://registry-1.docker.io/v2"
  std::string repository_prefix;   // of a mirror that keeps others' repositories below its own
  std::string ns;                  // of a mirror: the registry, as references write it
  bool may_pull = true;            // content by digest
  bool may_resolve = true;         // what a tag names
  const HostRule* rule = nullptr;  // of the table; null where no entry names the host
  std::shared_ptr<const transport::HostAccess> access;  // never null
  std::vector<transport::Header> headers;               // for this origin only; may be secrets

  bool is_configured() const { return access->configured; }
  bool is_mirror() const { return !ns.empty(); }
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
  // `mirrors` may be null.
  HostTable(std::vector<HostRule> rules,
            TokenRealmPolicy token_realms,
            std::shared_ptr<const HostsDirectory> mirrors);
  HostTable(const HostTable&) = delete;  // endpoints point into it
  HostTable& operator=(const HostTable&) = delete;

  // In the order in which they are asked; at least one. The first rule that matches a host counts.
  // `users_word`: the command's user named the registry himself, so it may be private or loopback.
  // The servers that a hosts.toml names are the operator's word: they are configured and may be
  // private; loopback they may be where their name says so.
  Result<std::vector<Endpoint>, RegistryError> endpoints_of(const policy::ImageReference& reference,
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

  // Those that the operator names, without globs.
  std::vector<std::string> named_hosts() const;

 private:
  const HostRule* rule_for(const std::string& domain) const;
  Result<Endpoint, RegistryError> registry_itself(const std::string& domain, bool users_word) const;
  Endpoint endpoint_at(const ConfiguredHost& host, const Endpoint& registry) const;

  std::vector<HostRule> rules_;
  TokenRealmPolicy token_realms_;
  std::shared_ptr<const HostsDirectory> mirrors_;
};

// "host", or "host:port" where the port isn't the scheme's own; IPv6 literals in brackets.
std::string host_of(const transport::Url& url);

}  // namespace leangate::registry
