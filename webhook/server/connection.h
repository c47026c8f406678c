// One client's connection as a state machine over a non-blocking socket: handshake, request,
// answer, and again. It never waits: it says what it needs and is called when that is there.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "webhook/server/request_reader.h"
#include "webhook/server/server_options.h"
#include "webhook/server/socket.h"
#include "webhook/server/tls_session.h"

namespace leangate::server {

using Instant = std::chrono::steady_clock::time_point;

// For the loop's thread alone.
class Connection {
 public:
  enum class Stage {
    Handshake,
    Idle,  // no byte of the next request yet
    Head,
    Body,
    Memory,  // the body waits for room
    Worker,  // a request is being handled
    Answer,
    Linger,  // the answer is out; what the client still sends is dropped
  };
  // What has to happen before advance() makes sense again.
  enum class Need {
    Socket,  // an event of the socket
    Turn,    // nothing; others were only let go first
    Memory,  // wanted_memory(), then grant_memory()
    Worker,  // take_request() to a worker, then answer()
    Answer,  // that answer
    Close,   // nothing helps: destroy it
  };

  Connection(Socket socket, TlsSession session, const ServerOptions& options, Instant now);

  Need advance(Instant now);

  Stage stage() const { return stage_; }
  int fd() const { return socket_.fd(); }

  // When expire() is due: never while a worker has the request.
  Instant deadline() const { return deadline_; }
  Need expire(Instant now);

  // With Need::Memory. How many bytes the body's buffer wants in all.
  std::size_t wanted_memory() const { return reader_.wanted_memory(); }
  void grant_memory(std::size_t bytes);
  // What the current request's body was granted so far; the loop takes it back after the answer.
  std::size_t granted_memory() const { return granted_; }
  void return_memory() { granted_ = 0; }

  // When the first byte of the request came: the caller's clock runs since then at the latest.
  Instant began() const { return began_; }
  // With Need::Worker, once.
  HttpRequest take_request();
  // The bytes of the answer; the connection goes on only if `keep_alive`.
  void answer(const std::string& bytes, bool keep_alive, Instant now);

 private:
  std::optional<Need> shake_hands(Instant now);
  std::optional<Need> read(Instant now);
  std::optional<Need> follow_reader(Instant now);
  std::optional<Need> write(Instant now);
  Need drop_input();
  bool write_some();
  void refuse(int status, Instant now);
  void enter(Stage stage, Instant deadline);
  void finish_answer(Instant now);

  const ServerOptions& options_;
  Socket socket_;
  TlsSession session_;
  RequestReader reader_;
  Stage stage_ = Stage::Handshake;
  Instant began_{};
  Instant deadline_;
  Instant body_deadline_{};
  std::string input_;  // read, but not of the request before: at most one TLS record
  std::string output_;
  std::size_t written_ = 0;
  bool keep_alive_ = true;
  bool told_to_continue_ = false;
  std::size_t granted_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace leangate::server
