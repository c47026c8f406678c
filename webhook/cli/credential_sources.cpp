#include "webhook/cli/credential_sources.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "webhook/cli/files.h"
#include "webhook/observability/logging.h"
#include "webhook/registry/credential_helper.h"
#include "webhook/registry/credential_provider.h"
#include "webhook/registry/docker_config.h"
#include "webhook/support/clock.h"

namespace leangate::cli {
namespace {

using Sources = std::vector<std::unique_ptr<registry::CredentialSource>>;

constexpr std::size_t kMaxFileBytes = 4u << 20;

Mistakes mistake(const char* field, const std::string& message) {
  return {policy::Mistake{.file = "leangate",
                          .mark = {},
                          .field = std::string{"registries.credentials."} + field,
                          .message = message}};
}

// The sources outlive whatever makes them, and this clock outlives all: it holds nothing.
const Clock& the_clock() {
  static const SystemClock kClock;
  return kClock;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> environment;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  return environment;
}

Result<void, Mistakes> add_docker_config(const std::string& file, Sources& sources) {
  const auto text = read_file(file, kMaxFileBytes);
  if (!text) {
    return Failure{mistake("dockerConfigFile", text.error())};
  }
  auto config = registry::read_docker_config(*text);
  if (!config) {
    return Failure{mistake("dockerConfigFile", fmt::format("{}: {}", file, config.error()))};
  }
  for (const std::string& warning : config->warnings) {
    observability::log_warn("docker config", {{"file", file}, {"warning", warning}});
  }
  for (inspection::Credential& credential : config->credentials) {
    credential.source = "docker config " + file;
  }
  // As docker does: what a helper keeps comes before what stands in the file.
  if (!config->helpers.empty()) {
    sources.push_back(std::make_unique<registry::CredentialHelpers>(
        config->helpers, own_environment(), the_clock()));
  }
  if (!config->credentials.empty()) {
    sources.push_back(std::make_unique<registry::FixedCredentials>(std::move(config->credentials)));
  }
  return {};
}

Result<void, Mistakes> add_providers(const settings::CredentialSettings& settings,
                                     Sources& sources) {
  const std::string& directory = settings.provider_directory;
  const auto text = read_file(settings.provider_config, kMaxFileBytes);
  if (!text) {
    return Failure{mistake("credentialProviderConfig", text.error())};
  }
  const auto providers = registry::read_provider_config(*text, settings.provider_config);
  if (!providers) {
    return Failure{providers.error()};
  }
  Mistakes missing;
  for (const registry::ProviderOptions& provider : *providers) {
    if (access((directory + "/" + provider.name).c_str(), X_OK) != 0) {
      missing.push_back(mistake("credentialProviderDirectory",
                                fmt::format("{} has no program {} that may be run, which {} names",
                                            directory,
                                            provider.name,
                                            settings.provider_config))
                            .front());
    }
  }
  if (!missing.empty()) {
    return Failure{std::move(missing)};
  }
  sources.push_back(std::make_unique<registry::CredentialProviders>(
      *providers, directory, own_environment(), the_clock()));
  return {};
}

}  // namespace

Result<std::shared_ptr<registry::CredentialSource>, Mistakes> open_credentials(
    const settings::CredentialSettings& settings) {
  Sources sources;
  if (!settings.docker_config_file.empty()) {
    if (auto added = add_docker_config(settings.docker_config_file, sources); !added) {
      return Failure{std::move(added).error()};
    }
  }
  if (!settings.provider_config.empty()) {
    if (auto added = add_providers(settings, sources); !added) {
      return Failure{std::move(added).error()};
    }
  }
  return std::shared_ptr<registry::CredentialSource>{
      std::make_shared<registry::CredentialChain>(std::move(sources), settings.patience)};
}

}  // namespace leangate::cli
