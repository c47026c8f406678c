#include "tests/fakes/test_certificates.h"

#include <cstdio>
#include <memory>
#include <string>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tests/fakes/temporary_folder.h"
#include "tests/support/catch.h"

namespace leangate::fakes {
namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::unique_ptr<X509, Free> read_certificate(const std::string& path) {
  const std::unique_ptr<std::FILE, Free> file{std::fopen(path.c_str(), "re")};
  REQUIRE(file != nullptr);
  return std::unique_ptr<X509, Free>{PEM_read_X509(file.get(), nullptr, nullptr, nullptr)};
}

int verify(const std::string& ca_file, const std::string& leaf_file) {
  const std::unique_ptr<X509_STORE, Free> store{X509_STORE_new()};
  REQUIRE(X509_STORE_load_file(store.get(), ca_file.c_str()) == 1);
  const std::unique_ptr<X509, Free> leaf = read_certificate(leaf_file);
  REQUIRE(leaf != nullptr);
  const std::unique_ptr<X509_STORE_CTX, Free> context{X509_STORE_CTX_new()};
  REQUIRE(X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr) == 1);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

}  // namespace

TEST_CASE("a test certificate is trusted through its own authority only, while it is valid",
          "[fakes][tls]") {
  const TemporaryFolder folder;
  const TestAuthority authority{folder};
  const TestAuthority stranger{folder, "other-ca"};
  LeafOptions past;
  past.valid_from = -std::chrono::hours{2};
  past.valid_to = -std::chrono::hours{1};

  const CertificateFiles good = authority.issue("good");
  CHECK(verify(authority.ca_file(), good.certificate) == X509_V_OK);
  CHECK(verify(stranger.ca_file(), good.certificate) != X509_V_OK);
  CHECK(verify(authority.ca_file(), authority.issue("past", past).certificate) ==
        X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_CASE("a test certificate carries the names that were asked for", "[fakes][tls]") {
  const TemporaryFolder folder;
  const TestAuthority authority{folder};
  LeafOptions options;
  options.names = {"registry.test"};
  options.addresses = {"127.0.0.9"};
  const auto leaf = read_certificate(authority.issue("named", options).certificate);
  REQUIRE(leaf != nullptr);
  CHECK(X509_check_host(leaf.get(), "registry.test", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr) == 0);
  CHECK(X509_check_ip_asc(leaf.get(), "127.0.0.9", 0) == 1);
  CHECK(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0) == 0);
}

}  // namespace leangate::fakes
