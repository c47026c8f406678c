// The configuration file and the flags of a command, read into one validated struct.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document_tree.h"
#include "policy/evaluate.h"
#include "policy/result.h"
#include "webhook/registry/registry_options.h"
#include "webhook/server/server_options.h"
#include "webhook/transport/proxy.h"

namespace leangate::settings {

struct TlsFiles {
  std::string cert_file;
  std::string key_file;
};

struct CacheSettings {
  std::size_t max_bytes = 64u << 20;
  std::chrono::milliseconds tag_ttl{std::chrono::seconds{60}};
  std::chrono::milliseconds stale_if_error{std::chrono::hours{24}};
  std::string directory;  // empty: nothing survives a restart
};

struct CredentialSettings {
  std::string docker_config_file;
  std::string provider_config;     // the kubelet's CredentialProviderConfig; set together with
  std::string provider_directory;  // the folder of the programs that it names
  // How long one lookup waits for a helper or provider. Not in the file: a server's lookup frees
  // its place, for the pod comes again and finds the answer; a command has nothing better to do.
  std::chrono::milliseconds patience{std::chrono::seconds{3}};
};

struct LookupSettings {
  std::size_t max_in_flight = 64;
  std::size_t per_host = 16;
  std::chrono::milliseconds timeout{std::chrono::seconds{30}};
};

// Defaults are those of the documented configuration file.
struct Settings {
  policy::Enforcement enforcement = policy::Enforcement::Enforce;
  std::vector<policy::Platform> platforms;  // empty: this host's own
  server::ServerOptions server;
  TlsFiles tls;
  std::chrono::milliseconds review_timeout{std::chrono::seconds{10}};
  std::string operations_listen = "0.0.0.0:8080";
  std::vector<std::string> policies;
  std::set<std::string> exception_namespaces;
  std::vector<std::string> base_references;
  std::chrono::milliseconds base_refresh{std::chrono::hours{6}};
  std::string unqualified_host = "docker.io";
  CredentialSettings credentials;
  std::string hosts_directory;  // of hosts.toml files; empty: no mirrors
  registry::RegistryOptions registries;
  std::optional<transport::Proxy> proxy;  // between leangate and the registries; none: direct
  std::vector<std::string> allow_cidrs;
  std::vector<std::string> deny_cidrs;
  CacheSettings cache;
  LookupSettings lookups;
};

// Reads the Configuration document of leangate.io/v1alpha1 that the text holds. All mistakes are
// found at once, in the order of the text. Unknown fields are mistakes; fields whose feature this
// version doesn't have are refused by name unless they hold their documented default. Files that
// the document names are not opened. Never throws.
Result<Settings, std::vector<policy::Mistake>> read_settings(std::string_view text,
                                                             const std::string& file);

}  // namespace leangate::settings
