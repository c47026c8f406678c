// The server's certificate and key: one snapshot at a time, handed to each new connection.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "policy/result.h"
#include "webhook/support/mutex.h"

struct ssl_ctx_st;

namespace leangate::server {

using TlsContext = std::shared_ptr<ssl_ctx_st>;

// Safe from any thread.
class CertificateStore {
 public:
  // Reads a PEM pair and checks that they belong together; TLS 1.2 at least, no ALPN. The error is
  // one sentence that names the file.
  static Result<std::unique_ptr<CertificateStore>, std::string> open(const std::string& cert_file,
                                                                     const std::string& key_file);

  TlsContext context() const EXCLUDES(mutex_);
  std::chrono::sys_seconds expiry() const EXCLUDES(mutex_);

 private:
  CertificateStore(TlsContext context, std::chrono::sys_seconds expiry);

  mutable Mutex mutex_;
  TlsContext context_ GUARDED_BY(mutex_);
  std::chrono::sys_seconds expiry_ GUARDED_BY(mutex_);
};

}  // namespace leangate::server
