#include "tests/fakes/tls_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace leangate::fakes {
namespace {

constexpr int kPatienceMs = 10'000;

bool poll_for(int fd, short events) {
  pollfd entry{fd, events, 0};
  return poll(&entry, 1, kPatienceMs) == 1;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error{"no connection"};
  }
  fcntl(fd_, F_SETFL, O_NONBLOCK);
}

RawClient::~RawClient() {
  ::close(fd_);
}

std::string RawClient::read_to_end() const {
  std::string all;
  std::array<char, 4096> buffer{};
  while (poll_for(fd_, POLLIN)) {
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      break;
    }
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return all;
}

bool RawClient::waits_for_close() const {
  std::array<char, 4096> dropped{};
  while (poll_for(fd_, POLLIN)) {
    const ssize_t got = recv(fd_, dropped.data(), dropped.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
      return true;
    }
  }
  return false;
}

void TlsClient::Free::operator()(ssl_st* session) const {
  SSL_free(session);
}

void TlsClient::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsClient::TlsClient(std::uint16_t port, const TlsClientOptions& options)
    : socket_{port}, context_{SSL_CTX_new(TLS_client_method())} {
  // So that a version is refused by the server, not by this side's own policy.
  SSL_CTX_set_security_level(context_.get(), 0);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
  if (!options.ca_file.empty()) {
    SSL_CTX_load_verify_locations(context_.get(), options.ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  session_.reset(SSL_new(context_.get()));
  SSL_set_fd(session_.get(), socket_.fd());
  SSL_set1_host(session_.get(), "localhost");
  if (!options.alpn.empty()) {
    SSL_set_alpn_protos(session_.get(),
                        reinterpret_cast<const unsigned char*>(options.alpn.data()),
                        static_cast<unsigned>(options.alpn.size()));
  }
  while (true) {
    ERR_clear_error();
    const int done = SSL_connect(session_.get());
    if (done == 1) {
      return;
    }
    const int error = SSL_get_error(session_.get(), done);
    if ((error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) ||
        !poll_for(socket_.fd(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) {
      throw std::runtime_error{"the handshake failed"};
    }
  }
}

TlsClient::~TlsClient() = default;

bool TlsClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t put = 0;
    ERR_clear_error();
    const int done = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &put);
    if (done == 1) {
      bytes.remove_prefix(put);
      continue;
    }
    if (SSL_get_error(session_.get(), done) != SSL_ERROR_WANT_WRITE) {
      return false;
    }
    // Session tickets come without an answer; they must be read or poll() never waits.
    std::array<char, 16384> buffer{};
    std::size_t got = 0;
    if (SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &got) == 1) {
      received_.append(buffer.data(), got);
      return false;  // the server talks already
    }
    pollfd entry{socket_.fd(), POLLIN | POLLOUT, 0};
    if (poll(&entry, 1, kPatienceMs) != 1) {
      return false;
    }
  }
  return true;
}

// Reads some more; false at the end.
bool TlsClient::fill() {
  std::array<char, 16384> buffer{};
  while (true) {
    std::size_t got = 0;
    ERR_clear_error();
    const int done = SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &got);
    if (done == 1) {
      received_.append(buffer.data(), got);
      return true;
    }
    if (SSL_get_error(session_.get(), done) != SSL_ERROR_WANT_READ ||
        !poll_for(socket_.fd(), POLLIN)) {
      return false;
    }
  }
}

std::optional<Answer> TlsClient::receive() {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) {
      return std::nullopt;
    }
  }
  Answer answer;
  answer.head = received_.substr(0, end + 4);
  answer.status = std::atoi(answer.head.c_str() + sizeof "HTTP/1.1");
  const auto length = answer.head.find("Content-Length: ");
  const std::size_t size =
      length == std::string::npos
          ? 0
          : std::strtoul(answer.head.c_str() + length + sizeof "Content-Length:", nullptr, 10);
  received_.erase(0, end + 4);
  while (received_.size() < size) {
    if (!fill()) {
      return std::nullopt;
    }
  }
  answer.body = received_.substr(0, size);
  received_.erase(0, size);
  return answer;
}

std::optional<Answer> TlsClient::call(std::string_view request) {
  send(request);
  return receive();
}

bool TlsClient::waits_for_close() {
  while (fill()) {
  }
  return socket_.waits_for_close();
}

std::string TlsClient::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_.get(), &name, &size);
  return name == nullptr ? "" : std::string{reinterpret_cast<const char*>(name), size};
}

std::string TlsClient::version() const {
  return SSL_get_version(session_.get());
}

}  // namespace leangate::fakes
