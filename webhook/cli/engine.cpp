#include "webhook/cli/engine.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "policy/selection.h"
#include "webhook/cli/credential_sources.h"
#include "webhook/registry/host_pattern.h"
#include "webhook/registry/hosts_directory.h"
#include "webhook/support/version.h"

namespace leangate::cli {
namespace {

// The settings hold only ranges that parse.
std::vector<transport::Cidr> parse_cidrs(const std::vector<std::string>& texts) {
  std::vector<transport::Cidr> cidrs;
  for (const std::string& text : texts) {
    if (auto cidr = transport::Cidr::parse(text)) {
      cidrs.push_back(*cidr);
    }
  }
  return cidrs;
}

// Of the server's threads, half may wait for registries: the others answer what is known.
inspection::CachingOptions caching_options(const settings::Settings& settings,
                                           const registry::RegistryOptions& registries) {
  inspection::CachingOptions options;
  options.max_bytes = settings.cache.max_bytes;
  options.tag_ttl = settings.cache.tag_ttl;
  options.stale_if_error = settings.cache.stale_if_error;
  options.max_in_flight = settings.lookups.max_in_flight;
  options.per_host = settings.lookups.per_host;
  options.lookup_timeout = settings.lookups.timeout;
  options.max_waiting = settings.server.threads / 2;
  options.is_configured = [hosts = registries.hosts,
                           mirrors = registries.mirrors](const std::string& domain) {
    return (mirrors != nullptr && mirrors->registries.count(domain) > 0) ||
           std::any_of(hosts.begin(), hosts.end(), [&domain](const registry::HostRule& rule) {
             return registry::host_matches(rule.host, domain);
           });
  };
  return options;
}

// On disk, where room costs less, fits a multiple of what memory may hold.
std::unique_ptr<inspection::CacheStore> open_store(const settings::Settings& settings,
                                                   const Clock& clock) {
  constexpr std::size_t kTimesMemory = 4;
  if (settings.cache.directory.empty()) {
    return nullptr;
  }
  inspection::TableLimits limits;
  limits.facts_bytes = kTimesMemory * settings.cache.max_bytes;
  return inspection::CacheStore::open(settings.cache.directory, limits, clock);
}

// What the configuration names and what the policies' lists name literally. Texts of the
// configuration parse: the settings saw to that.
std::vector<policy::ImageReference> base_references(const settings::Settings& settings,
                                                    const policy::PolicySet& policies) {
  std::vector<policy::ImageReference> references = policy::literal_base_references(policies);
  for (const std::string& text : settings.base_references) {
    if (auto reference = policy::parse_image_reference(text, settings.unqualified_host)) {
      references.push_back(std::move(reference).value());
    }
  }
  return references;
}

}  // namespace

Result<std::unique_ptr<Engine>, Mistakes> Engine::start(const settings::Settings& settings,
                                                        const policies::Snapshot& policies) {
  registry::RegistryOptions registries = settings.registries;
  auto credentials = open_credentials(settings.credentials);
  if (!credentials) {
    return Failure{std::move(credentials).error()};
  }
  registries.credentials = std::move(credentials).value();

  if (!settings.hosts_directory.empty()) {
    auto mirrors = registry::read_hosts_directory(settings.hosts_directory);
    if (!mirrors) {
      return Failure{std::move(mirrors).error()};
    }
    registries.mirrors =
        std::make_shared<const registry::HostsDirectory>(std::move(mirrors).value());
  }

  transport::CurlTransportOptions transport;
  transport.allow = parse_cidrs(settings.allow_cidrs);
  transport.deny = parse_cidrs(settings.deny_cidrs);
  transport.proxy = settings.proxy;
  transport.user_agent = fmt::format("leangate/{}", kVersion);
  return std::unique_ptr<Engine>{new Engine{settings, transport, registries, policies}};
}

Engine::Engine(const settings::Settings& settings,
               const transport::CurlTransportOptions& transport,
               const registry::RegistryOptions& registries,
               const policies::Snapshot& policies)
    : credentials_{registries.credentials},
      policies_{policies},
      transport_{transport},
      registry_inspector_{transport_, registries, metrics_, clock_},
      store_{open_store(settings, clock_)},
      caching_inspector_{{registry_inspector_, registry_inspector_, metrics_, clock_, store_.get()},
                         caching_options(settings, registries)},
      bases_{caching_inspector_, store_.get()},
      base_references_{base_references(settings, *policies)} {
  for (const registry::HostRule& host : registries.hosts) {
    metrics_.name_registry(host.host);
  }
}

admission::ReviewerParts Engine::reviewer_parts() {
  return {.policies = policies_,
          .inspector = caching_inspector_,
          .cluster = cluster_,
          .clock = clock_,
          .metrics = metrics_,
          .reference = [this] { return bases_.snapshot(); }};
}

void Engine::stop_lookups() {
  credentials_->stop();
  transport_.stop();
}

bool Engine::refresh_bases(Deadline deadline) {
  return bases_.refresh(base_references_, deadline);
}

}  // namespace leangate::cli
