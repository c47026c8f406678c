// A real registry with a password that only a program knows: a credential provider, wired from the
// kubelet's own configuration, and one of docker's credential helpers.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/fakes/image_builder.h"
#include "tests/fakes/program.h"
#include "tests/fakes/real_registry.h"
#include "tests/integration/inspection_fixture.h"
#include "webhook/cli/credential_sources.h"
#include "webhook/registry/credential_helper.h"
#include "webhook/registry/docker_config.h"

namespace leangate::inspection {
namespace {

using fakes::TemporaryFolder;

// A registry of one image behind a password, and what a client of it is told.
struct Guarded {
  TemporaryFolder storage;
  fakes::BuiltImage image;
  std::unique_ptr<fakes::RealRegistry> server;

  Guarded() {
    fakes::ImageSpec spec;
    spec.layers = {"a layer"};
    image = build_image(spec);
    {
      const fakes::RealRegistry open{storage, {}};
      push_image(open.port(), "team/app", "1", image);
    }
    server = std::make_unique<fakes::RealRegistry>(
        storage, fakes::RealRegistryOptions{kUser, kPassword, nullptr});
  }

  registry::RegistryOptions options(std::shared_ptr<registry::CredentialSource> source) const {
    registry::HostRule rule;
    rule.host = server->host();
    rule.plain_http = true;
    registry::RegistryOptions options;
    options.hosts.push_back(rule);
    options.credentials = std::move(source);
    return options;
  }
};

bool can_run() {
  const std::string missing = fakes::RealRegistry::missing();
  if (!missing.empty()) {
    WARN("skipped: " << missing);
  }
  return missing.empty();
}

settings::CredentialSettings provider_settings(const TemporaryFolder& folder,
                                               const std::string& host) {
  settings::CredentialSettings settings;
  settings.provider_directory = folder.path().string();
  settings.provider_config = folder.write("config.yaml",
                                          fmt::format(R"(
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: corp-provider
  matchImages: ["{}/team"]
  defaultCacheDuration: 1h
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  env: [{{name: PASSWORD, value: {}}}]
)",
                                                      host,
                                                      kPassword));
  settings.patience = std::chrono::seconds{20};
  return settings;
}

// Answers with the password of its environment, for the registry it is asked about.
constexpr const char* kProvider = R"sh(
image=$(sed 's/.*"image":"\([^"]*\)".*/\1/')
cat <<END
{"apiVersion": "credentialprovider.kubelet.k8s.io/v1", "kind": "CredentialProviderResponse",
 "cacheKeyType": "Registry", "auth": {"${image%%/*}": {"username": "robot", "password": "$PASSWORD"}}}
END
)sh";

}  // namespace

TEST_CASE("a real registry is read with a credential provider's password",
          "[inspection][registry][provider]") {
  if (!can_run()) {
    return;
  }
  const Guarded guarded;
  const TemporaryFolder folder;
  fakes::write_program(folder, "corp-provider", kProvider);
  auto source = cli::open_credentials(provider_settings(folder, guarded.server->host()));
  REQUIRE(source);
  InspectionStack stack{guarded.options(*source)};

  const Inspection result = ask(stack.caching, request_for(guarded.server->host(), "1"));

  if (result->failure) {
    FAIL(result->failure->detail);
  }
  CHECK(result->digest == guarded.image.manifest.digest);
  CHECK(fakes::count_runs(folder, "corp-provider") == 1);
}

TEST_CASE("a refusal names the provider that failed", "[inspection][registry][provider]") {
  if (!can_run()) {
    return;
  }
  const Guarded guarded;
  const TemporaryFolder folder;
  fakes::write_program(folder, "corp-provider", "exit 3");
  auto source = cli::open_credentials(provider_settings(folder, guarded.server->host()));
  REQUIRE(source);
  InspectionStack stack{guarded.options(*source)};

  const Inspection result = ask(stack.caching, request_for(guarded.server->host(), "1"));

  REQUIRE(result->failure);
  CHECK(contains(result->failure->detail,
                 "(tried: credential provider corp-provider, which failed: exit status 3)"));
}

TEST_CASE("a real registry is read with a credential helper's password",
          "[inspection][registry][helper]") {
  if (!can_run()) {
    return;
  }
  const Guarded guarded;
  const TemporaryFolder folder;
  fakes::write_program(
      folder,
      "docker-credential-corp",
      fmt::format(
          R"(echo '{{"ServerURL": "", "Username": "{}", "Secret": "{}"}}')", kUser, kPassword));
  const auto config = registry::read_docker_config(
      fmt::format(R"({{"auths": {{"{}": {{}}}}, "credsStore": "corp"}})", guarded.server->host()));
  REQUIRE(config);
  fakes::FakeClock clock;
  InspectionStack stack{guarded.options(std::make_shared<registry::CredentialHelpers>(
      config->helpers,
      std::vector<std::string>{"PATH=" + folder.path().string() + ":/usr/bin:/bin"},
      clock))};

  const Inspection result = ask(stack.caching, request_for(guarded.server->host(), "1"));

  if (result->failure) {
    FAIL(result->failure->detail);
  }
  CHECK(result->digest == guarded.image.manifest.digest);
}

TEST_CASE("a provider whose program is missing stops the start", "[registry][provider]") {
  const TemporaryFolder folder;
  const auto source = cli::open_credentials(provider_settings(folder, "r.example"));
  REQUIRE_FALSE(source);
  CHECK(source.error().front().field == "registries.credentials.credentialProviderDirectory");
  CHECK(contains(source.error().front().message, "corp-provider"));
}

}  // namespace leangate::inspection
