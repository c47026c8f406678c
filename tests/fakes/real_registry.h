// Registries that others wrote, started for a test: Debian's docker-registry, and, where Go could
// build them (tests/workshop/registries.sh), distribution's current release, olareg, and the token
// server that distribution comes with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/fakes/child_process.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/fakes/test_certificates.h"

namespace leangate::fakes {

enum class RegistrySoftware { Debian, Distribution, Olareg };

// Gives tokens for the repositories "USER/..." to whoever knows the user's password
// (github.com/docker/distribution, contrib/token-server).
class TokenServer {
 public:
  // Why there is none to start, empty when there is one.
  static std::string missing();

  // Speaks TLS with this certificate, and signs its tokens with the same key.
  TokenServer(const TemporaryFolder& folder,
              const CertificateFiles& files,
              const std::string& user,
              const std::string& password);

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  // What a registry has to be told about it, as YAML.
  std::string registry_section() const;

 private:
  std::uint16_t port_;
  std::string certificate_;
  ChildProcess process_;
};

struct RealRegistryOptions {
  std::string user;  // empty: anybody may read and write
  std::string password;
  const CertificateFiles* tls = nullptr;  // null: plain HTTP
  RegistrySoftware software = RegistrySoftware::Debian;
  const TokenServer* tokens = nullptr;  // instead of a password of its own
  std::string blobs_elsewhere;          // a URL that blobs are redirected to; empty: none
};

// Runs on 127.0.0.1 with its storage in a folder, so that one registry can be filled without
// credentials and started again with them. Stopped by the destructor. Olareg knows no passwords.
class RealRegistry {
 public:
  // Why there is no registry to start, empty when there is one.
  static std::string missing(RegistrySoftware software = RegistrySoftware::Debian);

  // Throws when it doesn't come up within 20 s.
  RealRegistry(const TemporaryFolder& storage, const RealRegistryOptions& options);

  std::uint16_t port() const { return port_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  std::uint16_t port_;
  ChildProcess process_;
};

}  // namespace leangate::fakes
