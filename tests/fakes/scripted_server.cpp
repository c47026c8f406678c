#include "tests/fakes/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace leangate::fakes {
namespace {

constexpr std::chrono::seconds kPatience{10};

std::string to_lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

// "Name: value" into the request; a request line has been taken off before.
void add_header(const std::string& line, RecordedRequest& request) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) {
    return;
  }
  const std::size_t value = line.find_first_not_of(" \t", colon + 1);
  request.headers.emplace_back(to_lower(line.substr(0, colon)),
                               value == std::string::npos ? "" : line.substr(value));
}

RecordedRequest parse_head(std::string_view head) {
  RecordedRequest request;
  std::size_t start = 0;
  while (start < head.size()) {
    const std::size_t end = std::min(head.find("\r\n", start), head.size());
    const std::string line{head.substr(start, end - start)};
    if (start == 0) {
      const std::size_t first = line.find(' ');
      const std::size_t last = line.rfind(' ');
      request.method = line.substr(0, first);
      request.target = first < last ? line.substr(first + 1, last - first - 1) : "";
    } else {
      add_header(line, request);
    }
    start = end + 2;
  }
  return request;
}

}  // namespace

std::string RecordedRequest::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& h) { return h.first == name; });
  return found == headers.end() ? "" : found->second;
}

std::string http_response(int status,
                          std::string_view body,
                          const std::vector<std::string>& headers) {
  std::string result = "HTTP/1.1 " + std::to_string(status) + " x\r\n";
  for (const std::string& header : headers) {
    result += header + "\r\n";
  }
  result += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return result.append(body);
}

struct ScriptedServer::Tls {
  Tls(const CertificateFiles& files, const ClientCertificates& clients)
      : context{SSL_CTX_new(TLS_server_method())} {
    if (context == nullptr ||
        SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      throw std::runtime_error{"scripted server: certificate not loaded"};
    }
    if (!clients.ca_file.empty()) {
      SSL_CTX_load_verify_locations(context, clients.ca_file.c_str(), nullptr);
      SSL_CTX_set_verify(context,
                         SSL_VERIFY_PEER | (clients.required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                         nullptr);
    }
  }
  ~Tls() { SSL_CTX_free(context); }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  SSL_CTX* context;
};

// The socket doesn't block: every wait is a poll that the server's stop event ends as well.
class ScriptedServer::Connection final : public ScriptedConnection {
 public:
  Connection(ScriptedServer& server, int socket, int number)
      : server_{server}, socket_{socket}, number_{number} {}

  ~Connection() override {
    if (ssl_ != nullptr) {
      SSL_shutdown(ssl_);
      SSL_free(ssl_);
    }
    // Lets the peer read what was sent: close() with unread input resets the connection.
    ::shutdown(socket_, SHUT_WR);
    char ignored[4096];
    while (::recv(socket_, ignored, sizeof ignored, MSG_DONTWAIT) > 0) {
    }
    ::close(socket_);
  }

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool handshake() {
    if (server_.tls_ == nullptr) {
      return true;
    }
    ssl_ = SSL_new(server_.tls_->context);
    SSL_set_fd(ssl_, socket_);
    int result = SSL_accept(ssl_);
    while (result != 1 && wait_for_tls(result)) {
      result = SSL_accept(ssl_);
    }
    return result == 1;
  }

  bool read_request(RecordedRequest& request) override {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) {
        return false;
      }
    }
    request = parse_head(std::string_view{buffer_}.substr(0, end));
    request.connection = number_;
    request.client = client_name();
    buffer_.erase(0, end + 4);
    std::size_t length = 0;
    const std::string declared = request.header("content-length");
    std::from_chars(declared.data(), declared.data() + declared.size(), length);
    while (buffer_.size() < length) {
      if (!receive()) {
        return false;
      }
    }
    request.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    server_.record(request);
    return true;
  }

  bool send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const int sent =
          ssl_ != nullptr
              ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
              : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (!wait_to_go_on(sent, POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  bool pause(std::chrono::milliseconds span) override {
    pollfd stop{server_.stop_event_, POLLIN, 0};
    return ::poll(&stop, 1, static_cast<int>(span.count())) == 0;
  }

  void wait_for_close() override {
    while (receive()) {
      buffer_.clear();
    }
  }

  void relay_to(std::uint16_t port) override {
    const int peer = connect_to(port);
    bool open = peer >= 0;
    while (open) {
      open = write_all(peer, buffer_);
      buffer_.clear();
      pollfd sockets[] = {
          {socket_, POLLIN, 0}, {peer, POLLIN, 0}, {server_.stop_event_, POLLIN, 0}};
      open = open && ::poll(sockets, 3, -1) > 0 && sockets[2].revents == 0;
      if (open && sockets[0].revents != 0) {
        open = receive_available();
      }
      if (open && sockets[1].revents != 0) {
        char chunk[16384];
        const ssize_t got = ::recv(peer, chunk, sizeof chunk, MSG_DONTWAIT);
        open = got > 0 && send({chunk, static_cast<std::size_t>(got)});
      }
    }
    ::close(peer);
  }

 private:
  static int connect_to(std::uint16_t port) {
    const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return peer;
    }
    ::close(peer);
    return -1;
  }

  static bool write_all(int peer, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // All that has come, without waiting for more; false when nothing will.
  bool receive_available() {
    char chunk[16384];
    while (true) {
      const int got = receive_chunk(chunk, sizeof chunk);
      if (got <= 0) {
        const bool later = ssl_ != nullptr ? SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ
                                           : got < 0 && errno == EAGAIN;
        ERR_clear_error();
        return later;
      }
      buffer_.append(chunk, static_cast<std::size_t>(got));
    }
  }

  int receive_chunk(char* chunk, std::size_t size) {
    return ssl_ != nullptr ? SSL_read(ssl_, chunk, static_cast<int>(size))
                           : static_cast<int>(::recv(socket_, chunk, size, 0));
  }

  std::string client_name() const {
    X509* const certificate = ssl_ != nullptr ? SSL_get1_peer_certificate(ssl_) : nullptr;
    char name[256] = {};
    if (certificate != nullptr) {
      X509_NAME_get_text_by_NID(
          X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
      X509_free(certificate);
    }
    return name;
  }

  bool wait_for(short events) {
    pollfd sockets[] = {{socket_, events, 0}, {server_.stop_event_, POLLIN, 0}};
    return ::poll(sockets, 2, -1) > 0 && sockets[1].revents == 0;
  }

  bool wait_for_tls(int result) {
    const int error = SSL_get_error(ssl_, result);
    ERR_clear_error();
    return (error == SSL_ERROR_WANT_READ && wait_for(POLLIN)) ||
           (error == SSL_ERROR_WANT_WRITE && wait_for(POLLOUT));
  }

  bool wait_to_go_on(int result, short events) {
    if (ssl_ != nullptr) {
      return wait_for_tls(result);
    }
    return result < 0 && errno == EAGAIN && wait_for(events);
  }

  bool receive() {
    char chunk[4096];
    while (true) {
      const int got = receive_chunk(chunk, sizeof chunk);
      if (got > 0) {
        buffer_.append(chunk, static_cast<std::size_t>(got));
        return true;
      }
      if (!wait_to_go_on(got, POLLIN)) {
        return false;
      }
    }
  }

  ScriptedServer& server_;
  const int socket_;
  const int number_;
  SSL* ssl_ = nullptr;
  std::string buffer_;
};

ScriptedServer::ScriptedServer() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  stop_event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (listener_ < 0 || stop_event_ < 0 || ::bind(listener_, generic, size) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0 || ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error{"scripted server: no listening socket"};
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_loop(); }};
}

ScriptedServer::ScriptedServer(const CertificateFiles& files, const ClientCertificates& clients)
    : ScriptedServer{} {
  // No connection can come before the constructor's end: nobody knows the port yet.
  const std::lock_guard lock{mutex_};
  tls_ = std::make_unique<Tls>(files, clients);
}

ScriptedServer::~ScriptedServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_event_, &one, sizeof one);
  acceptor_.join();
  for (std::thread& worker : workers_) {
    worker.join();
  }
  ::close(listener_);
  ::close(stop_event_);
}

void ScriptedServer::on(const std::string& path, Handler handler) {
  const std::lock_guard lock{mutex_};
  handlers_[path] = std::move(handler);
}

void ScriptedServer::on(const std::string& path, const std::string& raw_response) {
  on(path, [raw_response](const RecordedRequest&, ScriptedConnection& connection) {
    return connection.send(raw_response);
  });
}

void ScriptedServer::behave(Behaviour behaviour) {
  const std::lock_guard lock{mutex_};
  behaviour_ = std::move(behaviour);
}

std::string ScriptedServer::origin(const std::string& host) const {
  return (tls_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_);
}

std::vector<RecordedRequest> ScriptedServer::requests() const {
  const std::lock_guard lock{mutex_};
  return requests_;
}

bool ScriptedServer::wait_for_connections(int count) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, kPatience, [&] { return accepted_ >= count; });
}

bool ScriptedServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
}

void ScriptedServer::accept_loop() {
  while (true) {
    pollfd sockets[] = {{listener_, POLLIN, 0}, {stop_event_, POLLIN, 0}};
    if (::poll(sockets, 2, -1) < 0 || sockets[1].revents != 0) {
      return;
    }
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
      continue;
    }
    // Small writes of a drip must leave at once.
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int number = 0;
    {
      const std::lock_guard lock{mutex_};
      number = ++accepted_;
    }
    changed_.notify_all();
    workers_.emplace_back([this, socket, number] {
      Connection connection{*this, socket, number};
      serve(connection);
    });
  }
}

void ScriptedServer::serve(Connection& connection) {
  if (!connection.handshake()) {
    return;
  }
  Behaviour behaviour;
  {
    const std::lock_guard lock{mutex_};
    behaviour = behaviour_;
  }
  if (behaviour) {
    behaviour(connection);
  } else {
    dispatch(connection);
  }
}

void ScriptedServer::dispatch(ScriptedConnection& connection) {
  RecordedRequest request;
  while (connection.read_request(request)) {
    Handler handler;
    {
      const std::lock_guard lock{mutex_};
      auto found = handlers_.find(request.target);
      if (found == handlers_.end()) {
        found = handlers_.find(request.target.substr(0, request.target.find('?')));
      }
      if (found != handlers_.end()) {
        handler = found->second;
      }
    }
    const bool go_on = handler ? handler(request, connection)
                               : connection.send(http_response(404, "no such path\n"));
    if (!go_on) {
      return;
    }
  }
}

void ScriptedServer::record(const RecordedRequest& request) {
  {
    const std::lock_guard lock{mutex_};
    requests_.push_back(request);
  }
  changed_.notify_all();
}

}  // namespace leangate::fakes
