// A small TLS client that does what it is told, byte by byte: for tests of the server.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace leangate::fakes {

struct TlsClientOptions {
  std::string ca_file;  // empty: the server's certificate isn't verified
  int max_version = 0;  // TLS1_1_VERSION...; 0: the newest
  std::string alpn;     // offered protocols in wire format
};

// One answer, split.
struct Answer {
  int status = 0;
  std::string head;  // with its empty line
  std::string body;

  bool closes() const { return head.find("Connection: close\r\n") != std::string::npos; }
};

// A connected TCP socket without TLS: a half-open handshake.
class RawClient {
 public:
  // Throws std::runtime_error when there is no connection.
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  int fd() const { return fd_; }
  // Everything until the server closes, or until nothing comes for ten seconds.
  std::string read_to_end() const;
  // Waits until the server closes; false when it doesn't within ten seconds.
  bool waits_for_close() const;

 private:
  int fd_ = -1;
};

class TlsClient {
 public:
  // Throws std::runtime_error when the handshake fails.
  explicit TlsClient(std::uint16_t port, const TlsClientOptions& options = {});
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Sends as much as the server takes before it answers or closes, as Go's client does; true when
  // all of it went.
  bool send(std::string_view bytes);
  // The next answer; absent when the connection ends first or nothing comes for ten seconds.
  std::optional<Answer> receive();
  // Sends and receives.
  std::optional<Answer> call(std::string_view request);
  // Whether the server has ended the connection, waiting for it.
  bool waits_for_close();

  std::string alpn() const;
  std::string version() const;

 private:
  bool fill();

  struct Free {
    void operator()(ssl_st* session) const;
    void operator()(ssl_ctx_st* context) const;
  };
  RawClient socket_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::unique_ptr<ssl_st, Free> session_;
  std::string received_;
};

}  // namespace leangate::fakes
