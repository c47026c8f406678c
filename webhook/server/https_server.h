// The webhook's TLS listener: many connections, few threads, nothing that an idle or slow client
// could hold up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "policy/result.h"
#include "webhook/observability/metrics.h"
#include "webhook/server/certificate_store.h"
#include "webhook/server/server_options.h"

namespace leangate::server {

// A request to POST /validate, its body read in full.
struct ValidateCall {
  std::string body;
  // `body` holds only the beginning: it exceeded max_body_bytes, or body_memory stayed exhausted.
  bool truncated = false;
  std::string timeout;  // ?timeout=
  std::chrono::steady_clock::time_point received;
};

struct ValidateAnswer {
  int status = 200;
  std::string content_type;
  std::string body;
};

// Called on the server's worker threads, several at a time. Must not throw.
using ValidateHandler = std::function<ValidateAnswer(const ValidateCall&)>;

class HttpsServer {
 public:
  // Binds and serves; the error names the address and why it can't be had. `certificates` and
  // `metrics` must outlive the server.
  static Result<std::unique_ptr<HttpsServer>, std::string> start(
      const ServerOptions& options,
      const CertificateStore& certificates,
      observability::Metrics& metrics,
      ValidateHandler handler);
  // Stops as stop() does.
  ~HttpsServer();

  std::uint16_t port() const;

  // Goes on accepting, but answers everything with "Connection: close" from now on, so that
  // API servers leave. Idempotent, doesn't block.
  void drain();

  // Accepts nothing more, finishes the reviews in flight and ends. Idempotent.
  void stop();

 private:
  class Impl;
  explicit HttpsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leangate::server
