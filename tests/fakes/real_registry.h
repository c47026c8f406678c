// Debian's docker-registry, started for a test.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "tests/fakes/temporary_folder.h"
#include "tests/fakes/test_certificates.h"

namespace leangate::fakes {

struct RealRegistryOptions {
  std::string user;  // empty: anybody may read and write
  std::string password;
  const CertificateFiles* tls = nullptr;  // null: plain HTTP
};

// Runs on 127.0.0.1 with its storage in a folder, so that one registry can be filled without
// credentials and started again with them. Stopped by the destructor.
class RealRegistry {
 public:
  // Why there is no registry to start, empty when there is one.
  static std::string missing();

  // Throws when it doesn't come up within 20 s.
  RealRegistry(const TemporaryFolder& storage, const RealRegistryOptions& options);
  ~RealRegistry();
  RealRegistry(const RealRegistry&) = delete;
  RealRegistry& operator=(const RealRegistry&) = delete;

  std::uint16_t port() const { return port_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void stop();

  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace leangate::fakes
