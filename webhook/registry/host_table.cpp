#include "webhook/registry/host_table.h"

#include <algorithm>
#include <array>

#include "webhook/registry/host_pattern.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using policy::LookupFailureKind;
using transport::HostAccess;
using transport::Url;

// Docker Hub's references name a host that serves no registry.
constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kHubEndpoint = "registry-1.docker.io";
constexpr std::string_view kApi = "/v2";  // distribution-spec, "Endpoints"

struct RealmPair {
  std::string_view registry;
  std::string_view realm;
};

// Registries whose token server is another host, as their own documentation says.
constexpr std::array<RealmPair, 4> kKnownRealms{{
    {kHubEndpoint, "auth.docker.io"},
    {"registry.gitlab.com", "gitlab.com"},
    {"nvcr.io", "authn.nvidia.com"},
    {"registry.digitalocean.com", "api.digitalocean.com"},
}};

bool is_known_realm(const Url& registry, const Url& realm) {
  return registry.scheme == "https" &&
         std::any_of(kKnownRealms.begin(), kKnownRealms.end(), [&](const RealmPair& pair) {
           return pair.registry == host_of(registry) && pair.realm == host_of(realm);
         });
}

// The entry of a list that names the host; nullptr when none does.
const std::string* entry_for(const std::vector<std::string>& entries, const Url& url) {
  const std::string host = host_of(url);
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const std::string& entry) {
    return host_matches(entry, host);
  });
  return found != entries.end() ? &*found : nullptr;
}

// A host that the operator lists beside a registry shares the registry's network and its roots, not
// its client certificate: that is a credential.
std::shared_ptr<const HostAccess> access_beside(const HostRule& rule, const std::string& entry) {
  HostAccess access;
  access.configured = true;
  access.allow_private = rule.allow_private_network;
  access.allow_loopback = is_loopback_name(split_host(entry).host);
  access.ca_file = rule.ca_file;
  return std::make_shared<const HostAccess>(std::move(access));
}

std::shared_ptr<const HostAccess> access_of(const HostRule* rule, bool users_word) {
  HostAccess access;
  access.configured = rule != nullptr || users_word;
  access.allow_private = users_word;
  access.allow_loopback = users_word;
  if (rule != nullptr) {
    access.allow_private = users_word || rule->allow_private_network;
    access.allow_loopback = users_word || is_loopback_name(split_host(rule->host).host);
    access.ca_file = rule->ca_file;
    access.client_cert_file = rule->client_cert_file;
    access.client_key_file = rule->client_key_file;
  }
  return std::make_shared<const HostAccess>(std::move(access));
}

// What override_path puts behind the API's root is a part of each repository's name there: scopes
// and credentials are for the whole name.
void split_prefix(Endpoint& endpoint) {
  std::string& root = endpoint.base.target;
  const std::size_t end = root.find(std::string{kApi} + "/");
  if (end != std::string::npos) {
    endpoint.repository_prefix = root.substr(end + kApi.size() + 1) + "/";
    root.resize(end + kApi.size());
  }
}

RegistryError refused(const Endpoint& endpoint, const std::string& what) {
  return {LookupFailureKind::Refused, "registry " + endpoint.domain + " " + what};
}

}  // namespace

HostTable::HostTable(std::vector<HostRule> rules,
                     TokenRealmPolicy token_realms,
                     std::shared_ptr<const HostsDirectory> mirrors)
    : rules_{std::move(rules)}, token_realms_{token_realms}, mirrors_{std::move(mirrors)} {}

std::vector<std::string> HostTable::named_hosts() const {
  std::vector<std::string> hosts;
  for (const HostRule& rule : rules_) {
    if (rule.host.find('*') == std::string::npos) {
      hosts.push_back(rule.host);
    }
  }
  if (mirrors_ == nullptr) {
    return hosts;
  }
  const auto add = [&hosts](const HostsFile& file) {
    for (const ConfiguredHost& host : file.hosts) {
      hosts.push_back(host_of(host.base));
    }
    if (!file.server.base.host.empty()) {
      hosts.push_back(host_of(file.server.base));
    }
  };
  for (const auto& [domain, file] : mirrors_->registries) {
    hosts.push_back(domain);
    add(file);
  }
  if (mirrors_->others != nullptr) {
    add(*mirrors_->others);
  }
  return hosts;
}

const HostRule* HostTable::rule_for(const std::string& domain) const {
  const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const HostRule& rule) {
    return host_matches(rule.host, domain) || (domain == kHub && rule.host == kHubEndpoint);
  });
  return found != rules_.end() ? &*found : nullptr;
}

Result<Endpoint, RegistryError> HostTable::registry_itself(const std::string& domain,
                                                           bool users_word) const {
  Endpoint endpoint;
  endpoint.domain = domain;
  endpoint.rule = rule_for(domain);
  endpoint.access = access_of(endpoint.rule, users_word);
  const bool plain = endpoint.rule != nullptr && endpoint.rule->plain_http;
  const std::string host{domain == kHub ? kHubEndpoint : std::string_view{domain}};
  Result<Url, std::string> base =
      transport::parse_url((plain ? "http://" : "https://") + host + std::string{kApi});
  if (!base) {
    return Failure{RegistryError{LookupFailureKind::InvalidReference,
                                 "\"" + printable(host) + "\" is no host: " + base.error()}};
  }
  endpoint.base = std::move(*base);
  return endpoint;
}

// A server out of a hosts.toml. Where it is the registry itself, it stays that: workloads'
// credentials are for it.
Endpoint HostTable::endpoint_at(const ConfiguredHost& host, const Endpoint& registry) const {
  Endpoint endpoint = registry;
  HostAccess access = *registry.access;
  if (!host.base.host.empty()) {
    const std::string name = host_of(host.base);
    const bool is_registry = name == host_of(registry.base) || name == registry.domain;
    endpoint.base = host.base;
    if (is_registry) {
      endpoint.base.host = registry.base.host;  // docker.io is no server's name
    } else {
      endpoint.domain = name;
      endpoint.ns = registry.domain;
      endpoint.rule = rule_for(name);
      access = *access_of(endpoint.rule, false);
    }
    access.configured = true;
    access.allow_private = true;
    access.allow_loopback = access.allow_loopback || is_loopback_name(split_host(name).host);
    split_prefix(endpoint);
  }
  endpoint.may_pull = host.may_pull;
  endpoint.may_resolve = host.may_resolve;
  endpoint.headers = host.headers;
  if (!host.ca_file.empty()) {
    access.ca_file = host.ca_file;
  }
  if (!host.client_cert_file.empty()) {
    access.client_cert_file = host.client_cert_file;
    access.client_key_file = host.client_key_file;
  }
  endpoint.access = std::make_shared<const HostAccess>(std::move(access));
  return endpoint;
}

Result<std::vector<Endpoint>, RegistryError> HostTable::endpoints_of(
    const policy::ImageReference& reference, bool users_word) const {
  Result<Endpoint, RegistryError> registry = registry_itself(reference.domain, users_word);
  if (!registry) {
    return Failure{registry.error()};
  }
  const HostsFile* file = mirrors_ != nullptr ? mirrors_->find(reference.domain) : nullptr;
  if (file == nullptr) {
    return std::vector<Endpoint>{std::move(*registry)};
  }
  std::vector<Endpoint> endpoints;
  for (const ConfiguredHost& host : file->hosts) {
    endpoints.push_back(endpoint_at(host, *registry));
  }
  endpoints.push_back(endpoint_at(file->server, *registry));
  return endpoints;
}

Result<Target, RegistryError> HostTable::realm_of(const Endpoint& endpoint,
                                                  const Url& asked,
                                                  std::string_view realm) const {
  Result<Url, std::string> url = transport::resolve_url(asked, realm);
  if (!url) {
    return Failure{refused(endpoint, "names a token realm that is no usable URL: " + url.error())};
  }
  if (url->scheme != "https" && endpoint.base.scheme != "http") {
    return Failure{refused(
        endpoint,
        "names a token realm without TLS, " + printable(url->redacted()) + "; it must be https")};
  }
  Target target{std::move(*url), nullptr, false};
  if (target.url.host == endpoint.base.host && target.url.port == endpoint.base.port) {
    target.access = endpoint.access;
    target.may_take_credentials = true;
    return target;
  }
  const std::string* entry =
      endpoint.rule != nullptr ? entry_for(endpoint.rule->token_realms, target.url) : nullptr;
  if (entry != nullptr) {
    target.access = access_beside(*endpoint.rule, *entry);
  }
  target.may_take_credentials =
      entry != nullptr || is_known_realm(endpoint.base, target.url) ||
      (token_realms_ == TokenRealmPolicy::AnyHttps && target.url.scheme == "https");
  return target;
}

Result<Target, RegistryError> HostTable::redirect_of(const Endpoint& endpoint,
                                                     const Url& from,
                                                     std::string_view location) const {
  if (location.empty()) {
    return Failure{refused(endpoint, "redirects without saying where")};
  }
  Result<Url, std::string> url = transport::resolve_url(from, location);
  if (!url) {
    return Failure{refused(endpoint, "redirects to no usable URL: " + url.error())};
  }
  if (from.scheme == "https" && url->scheme != "https") {
    return Failure{refused(endpoint, "redirects from https to " + printable(url->redacted()))};
  }
  Target target{std::move(*url), nullptr, false};
  if (target.url.same_origin(endpoint.base)) {
    target.access = endpoint.access;
    target.may_take_credentials = true;
    return target;
  }
  const std::string* entry =
      endpoint.rule != nullptr ? entry_for(endpoint.rule->redirect_hosts, target.url) : nullptr;
  if (entry != nullptr) {
    target.access = access_beside(*endpoint.rule, *entry);
  }
  return target;
}

std::string host_of(const Url& url) {
  std::string host = url.host.find(':') != std::string::npos ? "[" + url.host + "]" : url.host;
  const bool usual = url.port == (url.scheme == "https" ? 443 : 80);
  return usual ? host : host + ":" + std::to_string(url.port);
}

}  // namespace leangate::registry
