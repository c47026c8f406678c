// TLS over one non-blocking socket: OpenSSL's answers, reduced to what a state machine asks.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "webhook/server/certificate_store.h"

struct ssl_st;

namespace leangate::server {

enum class IoStatus { Done, WouldBlock, Closed };

struct IoResult {
  IoStatus status = IoStatus::Closed;
  std::size_t bytes = 0;
};

// For one thread at a time.
class TlsSession {
 public:
  // Keeps the context alive; the socket is the caller's.
  TlsSession(TlsContext context, int fd);

  IoStatus handshake();
  IoResult read(std::span<char> into);
  IoResult write(std::string_view bytes);
  // Tells the client that nothing follows, where it can be told without waiting.
  void say_goodbye();

 private:
  struct FreeSession {
    void operator()(ssl_st* session) const;
  };
  IoStatus status_of(int outcome);

  TlsContext context_;
  std::unique_ptr<ssl_st, FreeSession> session_;
  bool usable_ = false;
};

}  // namespace leangate::server
