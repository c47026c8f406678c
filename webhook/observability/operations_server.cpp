#include "webhook/observability/operations_server.h"

#include <pthread.h>
#include <sys/socket.h>

#include <charconv>
#include <thread>
#include <utility>

#include <httplib.h>

namespace leangate::observability {
namespace {

// Prometheus, two probes and a person; more, so that some who say nothing hold nobody up.
constexpr std::size_t kThreads = 8;
constexpr int kBacklog = 128;  // httplib's own is 5
// Nobody sends a body here.
constexpr std::size_t kMaxBody = 1024;
constexpr const char* kPlainText = "text/plain; charset=utf-8";
constexpr const char* kExposition = "text/plain; version=0.0.4; charset=utf-8";

struct Address {
  std::string host;
  int port = 0;
};

Result<Address, std::string> parse_address(const std::string& listen) {
  const auto colon = listen.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    std::from_chars(listen.data() + colon + 1, listen.data() + listen.size(), port);
  }
  if (port < 0 || port > 65535) {
    return Failure{"cannot listen on " + listen + ": it is not of the form host:port"};
  }
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return Address{host.empty() ? "0.0.0.0" : host, port};
}

class Listener final : public httplib::Server {
 public:
  // Idle connections hold a thread for a second at most.
  Listener() {
    new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    set_keep_alive_timeout(1);
    set_read_timeout(std::chrono::seconds{2});
    set_write_timeout(std::chrono::seconds{5});
    set_payload_max_length(kMaxBody);
    set_tcp_nodelay(true);
  }

  // The port, negative when it can't be had.
  int bind(const Address& address) {
    const int port = address.port == 0
                         ? bind_to_any_port(address.host)
                         : (bind_to_port(address.host, address.port) ? address.port : -1);
    if (port > 0) {
      ::listen(svr_sock_, kBacklog);
    }
    return port;
  }
};

}  // namespace

class OperationsServer::Impl {
 public:
  Impl(const Metrics& metrics, std::function<std::string()> not_ready)
      : not_ready_{std::move(not_ready)} {
    // httplib's default is SO_REUSEPORT, with which two processes could share the port unnoticed.
    listener_.set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    listener_.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("ok\n", kPlainText);
    });
    listener_.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
      const std::string reason = not_ready_();
      response.status = reason.empty() ? 200 : 503;
      response.set_content(reason.empty() ? "ok\n" : reason + "\n", kPlainText);
    });
    listener_.Get("/metrics", [&metrics](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics.render(), kExposition);
    });
  }

  ~Impl() {
    if (thread_.joinable()) {
      listener_.stop();
      thread_.join();
    }
  }

  bool start(const Address& address) {
    port_ = listener_.bind(address);
    if (port_ <= 0) {
      return false;
    }
    thread_ = std::thread{[this] {
      pthread_setname_np(pthread_self(), "operations");
      listener_.listen_after_bind();
    }};
    // stop() before the loop runs would be lost.
    while (!listener_.is_running()) {
      std::this_thread::yield();
    }
    return true;
  }

  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

 private:
  std::function<std::string()> not_ready_;
  Listener listener_;
  int port_ = -1;
  std::thread thread_;
};

Result<std::unique_ptr<OperationsServer>, std::string> OperationsServer::start(
    const std::string& listen, const Metrics& metrics, std::function<std::string()> not_ready) {
  const auto address = parse_address(listen);
  if (!address) {
    return Failure{address.error()};
  }
  auto impl = std::make_unique<Impl>(metrics, std::move(not_ready));
  if (!impl->start(*address)) {
    return Failure{"cannot listen on " + listen +
                   ": the address is in use, not this machine's, or not permitted"};
  }
  return std::unique_ptr<OperationsServer>{new OperationsServer{std::move(impl)}};
}

OperationsServer::OperationsServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
OperationsServer::~OperationsServer() = default;

std::uint16_t OperationsServer::port() const {
  return impl_->port();
}

}  // namespace leangate::observability
