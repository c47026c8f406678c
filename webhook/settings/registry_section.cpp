#include "webhook/settings/registry_section.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "policy/image_reference.h"
#include "webhook/settings/values.h"

namespace leangate::settings {

namespace {

constexpr std::size_t kMaxHosts = 256;

TakeText into_host_patterns(std::vector<std::string>& target) {
  return [&target](const std::string& text) -> Result<void, std::string> {
    auto pattern = parse_host_pattern(text);
    if (!pattern) {
      return Failure{std::move(pattern).error()};
    }
    target.push_back(std::move(pattern).value());
    return {};
  };
}

// Takes the host of a rule. The first rule that matches counts, so a second one for the same host
// would never be read.
TakeText into_host(const std::vector<registry::HostRule>& earlier, registry::HostRule& rule) {
  return [&earlier, &rule](const std::string& text) -> Result<void, std::string> {
    auto pattern = parse_host_pattern(text);
    if (!pattern) {
      return Failure{std::move(pattern).error()};
    }
    const bool is_known =
        std::any_of(earlier.begin(), earlier.end(), [&pattern](const registry::HostRule& other) {
          return other.host == *pattern;
        });
    if (is_known) {
      return Failure{std::string{"stands in the list already, and the first entry counts"}};
    }
    rule.host = std::move(pattern).value();
    return {};
  };
}

void read_host(SectionReader& section, std::vector<registry::HostRule>& hosts) {
  registry::HostRule rule;
  section.fields().require("host");
  section.text("host", into_host(hosts, rule));
  section.flag("plainHTTP", rule.plain_http);
  section.text("caFile", rule.ca_file);
  section.text("clientCertFile", rule.client_cert_file);
  section.text("clientKeyFile", rule.client_key_file);
  section.pair("clientCertFile", rule.client_cert_file, "clientKeyFile", rule.client_key_file);
  section.texts("tokenRealms", into_host_patterns(rule.token_realms));
  section.texts("redirectHosts", into_host_patterns(rule.redirect_hosts));
  section.flag("allowPrivateNetwork", rule.allow_private_network);
  hosts.push_back(std::move(rule));
}

void read_credentials(SectionReader& section, CredentialSettings& credentials) {
  section.text("dockerConfigFile", credentials.docker_config_file);
  section.text("credentialProviderConfig", credentials.provider_config);
  section.text("credentialProviderDirectory", credentials.provider_directory);
  section.pair("credentialProviderConfig",
               credentials.provider_config,
               "credentialProviderDirectory",
               credentials.provider_directory);
  // Without a cluster no pull secret is read: both values mean the same, and the default is true.
  section.fields().read_bool("podPullSecrets");
}

// The value of the URL isn't repeated: it may hold a password.
void read_proxy(SectionReader& section, std::optional<transport::Proxy>& target) {
  const std::string url = section.fields().read_string("url").value_or("");
  transport::Proxy proxy;
  if (!url.empty()) {
    auto parsed = transport::Proxy::parse(url);
    if (parsed) {
      proxy = std::move(parsed).value();
    } else {
      section.fields().mistake("url", std::move(parsed).error());
    }
  }
  section.text("caFile", proxy.ca_file);
  section.texts("noProxy", [&proxy](const std::string& text) -> Result<void, std::string> {
    auto exception = transport::ProxyException::parse(text);
    if (!exception) {
      return Failure{std::move(exception).error()};
    }
    proxy.exceptions.push_back(std::move(exception).value());
    return {};
  });
  if (url.empty() && !proxy.exceptions.empty()) {
    section.fields().mistake("noProxy", "is set without url, expected both or neither");
  }
  if (!url.empty()) {
    target = std::move(proxy);
  }
}

}  // namespace

void read_registries(SectionReader& section, Settings& settings) {
  section.text("unqualifiedHost", [&](const std::string& text) -> Result<void, std::string> {
    auto host = policy::parse_registry_host(text);
    if (!host) {
      return Failure{std::move(host).error()};
    }
    settings.unqualified_host = std::move(host).value();
    return {};
  });
  section.text("hostsDirectory", settings.hosts_directory);
  section.mapping("credentials",
                  [&](SectionReader& found) { read_credentials(found, settings.credentials); });
  if (const auto choice = section.fields().read_choice("tokenRealms", {"Strict", "AnyHTTPS"})) {
    settings.registries.token_realms =
        *choice == 0 ? registry::TokenRealmPolicy::Strict : registry::TokenRealmPolicy::AnyHttps;
  }
  section.mapping("proxy", [&](SectionReader& found) { read_proxy(found, settings.proxy); });
  section.mappings("hosts", kMaxHosts, [&](SectionReader& found) {
    read_host(found, settings.registries.hosts);
  });
}

}  // namespace leangate::settings
