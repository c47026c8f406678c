#include "webhook/cli/configuration.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "policy/image_facts.h"
#include "webhook/cli/files.h"
#include "webhook/settings/values.h"

namespace leangate::cli {
namespace {

constexpr std::size_t kMaxConfigurationBytes = 4u << 20;

Mistakes flag_mistake(const std::string& flag, const std::string& message) {
  return {policy::Mistake{.file = "leangate", .mark = {}, .field = flag, .message = message}};
}

// The hosts of --plain-http are the user's word and come before what the file says of them.
Result<void, Mistakes> add_plain_http_hosts(const std::vector<std::string>& flags,
                                            std::vector<registry::HostRule>& hosts) {
  for (const std::string& flag : flags) {
    auto host = settings::parse_host_pattern(flag);
    if (!host) {
      return Failure{flag_mistake("--plain-http", host.error())};
    }
    registry::HostRule rule;
    rule.host = std::move(host).value();
    rule.plain_http = true;
    rule.allow_private_network = true;
    hosts.insert(hosts.begin(), std::move(rule));
  }
  return {};
}

Result<void, Mistakes> read_address(const char* flag, const std::string& value, std::string& out) {
  if (value.empty()) {
    return {};
  }
  if (auto valid = settings::check_listen_address(value); !valid) {
    return Failure{flag_mistake(flag, valid.error())};
  }
  out = value;
  return {};
}

void read_certificate_flags(const ServeOptions& options, settings::TlsFiles& tls) {
  if (!options.tls_cert.empty()) {
    tls.cert_file = options.tls_cert;
  }
  if (!options.tls_key.empty()) {
    tls.key_file = options.tls_key;
  }
}

Result<inspection::PlatformChoice, Mistakes> choose_platforms(const std::string& flag) {
  inspection::PlatformChoice choice;
  if (flag == "all") {
    choice.all = true;
    return choice;
  }
  if (flag.empty()) {
    choice.platforms.push_back(host_platform());
    return choice;
  }
  auto platform = policy::parse_platform(flag);
  if (!platform) {
    return Failure{flag_mistake("--platform", platform.error())};
  }
  choice.platforms.push_back(std::move(platform).value());
  return choice;
}

}  // namespace

Result<settings::Settings, Mistakes> load_settings(const CommonOptions& options) {
  observability::start_logging(options.log_level, options.log_format);
  if (options.config_file.empty()) {
    return settings::Settings{};
  }
  const auto text = read_file(options.config_file, kMaxConfigurationBytes);
  if (!text) {
    return Failure{flag_mistake("--config", text.error())};
  }
  return settings::read_settings(*text, options.config_file);
}

Result<settings::Settings, Mistakes> configure_serve(const ServeOptions& options) {
  auto loaded = load_settings(options.common);
  if (!loaded) {
    return loaded;
  }
  settings::Settings settings = std::move(loaded).value();
  if (auto read = read_address("--listen", options.listen, settings.server.listen); !read) {
    return Failure{read.error()};
  }
  if (auto read = read_address("--ops-listen", options.ops_listen, settings.operations_listen);
      !read) {
    return Failure{read.error()};
  }
  read_certificate_flags(options, settings.tls);
  if (!options.policies.empty()) {
    settings.policies = options.policies;
  }
  if (!options.enforcement.empty()) {
    settings.enforcement = options.enforcement == "DryRun" ? policy::Enforcement::DryRun
                                                           : policy::Enforcement::Enforce;
  }
  if (settings.platforms.empty()) {
    settings.platforms.push_back(host_platform());
  }
  if (settings.tls.cert_file.empty() || settings.tls.key_file.empty()) {
    return Failure{flag_mistake("serve",
                                "no certificate: expected --tls-cert and --tls-key, or "
                                "server.tls.certFile and keyFile in the configuration file")};
  }
  return settings;
}

Result<LookupSettings, Mistakes> configure_lookups(const CommonOptions& common,
                                                   const LookupOptions& lookup) {
  auto loaded = load_settings(common);
  if (!loaded) {
    return Failure{std::move(loaded).error()};
  }
  auto platforms = choose_platforms(lookup.platform);
  if (!platforms) {
    return Failure{std::move(platforms).error()};
  }
  settings::Settings settings = std::move(loaded).value();
  if (auto added = add_plain_http_hosts(lookup.plain_http, settings.registries.hosts); !added) {
    return Failure{added.error()};
  }
  if (!lookup.docker_config.empty()) {
    settings.credentials.docker_config_file = lookup.docker_config + "/config.json";
  }
  settings.credentials.patience = settings.lookups.timeout;
  return LookupSettings{std::move(settings), std::move(platforms).value()};
}

policy::Platform host_platform() {
  utsname system{};
  if (uname(&system) != 0) {
    return {"linux", "amd64", ""};
  }
  std::string os = system.sysname;
  std::transform(os.begin(), os.end(), os.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  auto platform = policy::parse_platform(os + "/" + system.machine);
  return platform ? std::move(platform).value() : policy::Platform{os, system.machine, ""};
}

}  // namespace leangate::cli
