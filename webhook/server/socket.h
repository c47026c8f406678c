// Sockets as the server uses them: owned, non-blocking.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "policy/result.h"

namespace leangate::server {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_{fd} {}
  Socket(Socket&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

// Listens on "host:port", "[v6]:port" or ":port" (all addresses). The error is one sentence that
// names the address.
Result<Socket, std::string> listen_on(const std::string& address);

// The port that a listening socket got.
std::uint16_t local_port(const Socket& socket);

}  // namespace leangate::server
