// A private certificate authority for tests of TLS, made anew for every test: no key is checked in,
// and nothing expires on a Sunday.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/temporary_folder.h"

namespace leangate::fakes {

struct LeafOptions {
  std::vector<std::string> names = {"localhost"};  // DNS subject alternative names
  std::vector<std::string> addresses = {"127.0.0.1", "::1"};
  std::string common_name =
      "leangate test";       // of the subject, what a client certificate is known by
  bool self_signed = false;  // by its own key, not by the authority's
  std::chrono::seconds valid_from = -std::chrono::hours{1};  // relative to now
  std::chrono::seconds valid_to = std::chrono::hours{24};    // relative to now; negative: expired
};

// Paths of PEM files.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

// The files live in the folder, which must outlive their readers. Failures throw
// std::runtime_error: a test without its certificates can't go on.
class TestAuthority {
 public:
  // Writes `name`.pem, the authority's own certificate.
  explicit TestAuthority(const TemporaryFolder& folder, const std::string& name = "ca");
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // The authority's certificate, what a client trusts.
  const std::string& ca_file() const { return ca_file_; }

  // Writes `file_name`.pem and `file_name`-key.pem. Fit for servers and for clients.
  CertificateFiles issue(const std::string& file_name, const LeafOptions& options = {}) const;

 private:
  struct Keys;

  const TemporaryFolder& folder_;
  std::unique_ptr<Keys> keys_;
  std::string ca_file_;
};

}  // namespace leangate::fakes
