#include "webhook/server/https_server.h"

#include <utility>

#include "webhook/server/connection_loop.h"
#include "webhook/server/http_adapter.h"
#include "webhook/server/socket.h"

namespace leangate::server {

class HttpsServer::Impl {
 public:
  Impl(Socket listener,
       const ServerOptions& options,
       const CertificateStore& certificates,
       observability::Metrics& metrics,
       ValidateHandler handler)
      : port_{local_port(listener)},
        adapter_{options, std::move(handler)},
        loop_{std::move(listener), options, {certificates, metrics, adapter_}} {}

  bool start() { return loop_.start(); }
  std::uint16_t port() const { return port_; }
  void drain() { adapter_.drain(); }
  void stop() {
    adapter_.drain();
    loop_.stop();
  }

 private:
  const std::uint16_t port_;
  HttpAdapter adapter_;
  ConnectionLoop loop_;
};

Result<std::unique_ptr<HttpsServer>, std::string> HttpsServer::start(
    const ServerOptions& options,
    const CertificateStore& certificates,
    observability::Metrics& metrics,
    ValidateHandler handler) {
  auto listener = listen_on(options.listen);
  if (!listener) {
    return Failure{std::move(listener).error()};
  }
  metrics.set_certificate_expiry(certificates.expiry());
  auto impl = std::make_unique<Impl>(
      std::move(*listener), options, certificates, metrics, std::move(handler));
  if (!impl->start()) {
    return Failure{"cannot serve on " + options.listen + ": too many files are open"};
  }
  return std::unique_ptr<HttpsServer>{new HttpsServer{std::move(impl)}};
}

HttpsServer::HttpsServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

HttpsServer::~HttpsServer() {
  stop();
}

std::uint16_t HttpsServer::port() const {
  return impl_->port();
}

void HttpsServer::drain() {
  impl_->drain();
}

void HttpsServer::stop() {
  impl_->stop();
}

}  // namespace leangate::server
