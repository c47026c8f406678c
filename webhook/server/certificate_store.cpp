#include "webhook/server/certificate_store.h"

#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace leangate::server {
namespace {

// Suites of TLS 1.2 with forward secrecy and authenticated encryption, all of which Go has; those
// of TLS 1.3 are fine as they are.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// An encrypted key would make OpenSSL ask the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string openssl_reason() {
  const unsigned long error = ERR_peek_error();
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason != nullptr ? reason : "it can't be read";
}

TlsContext make_context() {
  TlsContext context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) {
    return nullptr;
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections give their buffers back; writes may go out in parts from a moving buffer.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A resumed session would save nobody anything: API servers keep their connections.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

Result<void, std::string> load_pair(ssl_ctx_st* context,
                                    const std::string& cert_file,
                                    const std::string& key_file) {
  bool asked = false;
  SSL_CTX_set_default_passwd_cb(context, no_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    return Failure{"certificate " + cert_file + ": " + openssl_reason()};
  }
  const bool loaded = SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (asked) {
    ERR_clear_error();
    return Failure{"key " + key_file + ": it is encrypted, which is not supported"};
  }
  const bool foreign = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
  if (foreign || (loaded && SSL_CTX_check_private_key(context) != 1)) {
    ERR_clear_error();
    return Failure{"key " + key_file + ": it does not belong to certificate " + cert_file};
  }
  if (!loaded) {
    return Failure{"key " + key_file + ": " + openssl_reason()};
  }
  return {};
}

Result<std::chrono::sys_seconds, std::string> expiry_of(ssl_ctx_st* context,
                                                        const std::string& cert_file) {
  const X509* leaf = SSL_CTX_get0_certificate(context);
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch{ASN1_TIME_set(nullptr, 0),
                                                                    &ASN1_TIME_free};
  int days = 0;
  int seconds = 0;
  if (leaf == nullptr || epoch == nullptr ||
      ASN1_TIME_diff(&days, &seconds, epoch.get(), X509_get0_notAfter(leaf)) != 1) {
    ERR_clear_error();
    return Failure{"certificate " + cert_file + ": its date of expiry can't be read"};
  }
  return std::chrono::sys_seconds{std::chrono::days{days} + std::chrono::seconds{seconds}};
}

}  // namespace

CertificateStore::CertificateStore(TlsContext context, std::chrono::sys_seconds expiry)
    : context_{std::move(context)}, expiry_{expiry} {}

Result<std::unique_ptr<CertificateStore>, std::string> CertificateStore::open(
    const std::string& cert_file, const std::string& key_file) {
  TlsContext context = make_context();
  if (context == nullptr) {
    return Failure{"TLS can't be set up: " + openssl_reason()};
  }
  if (auto loaded = load_pair(context.get(), cert_file, key_file); !loaded) {
    return Failure{std::move(loaded).error()};
  }
  auto expiry = expiry_of(context.get(), cert_file);
  if (!expiry) {
    return Failure{std::move(expiry).error()};
  }
  return std::unique_ptr<CertificateStore>{new CertificateStore{std::move(context), *expiry}};
}

TlsContext CertificateStore::context() const {
  MutexLock lock{mutex_};
  return context_;
}

std::chrono::sys_seconds CertificateStore::expiry() const {
  MutexLock lock{mutex_};
  return expiry_;
}

}  // namespace leangate::server
