#include "webhook/server/connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "webhook/server/http_adapter.h"

namespace leangate::server {
namespace {

using namespace std::chrono_literals;

// One TLS record (RFC 8446, 5.1).
constexpr std::size_t kRecord = 16u << 10;
// Records read or written before other connections have their turn.
constexpr int kTurns = 16;
// How long a body may wait for room before it is answered as one too large: review timeouts are
// 10 s and less, and the answer needs the rest.
constexpr auto kMemoryWait = 2s;
// Closing a socket with unread input resets the connection, and the client may lose the answer.
// Long enough for a client to notice, short enough to be no way to keep a place.
constexpr auto kLinger = 1s;
constexpr std::size_t kMaxDropped = 8u << 20;

}  // namespace

Connection::Connection(Socket socket, TlsSession session, const ServerOptions& options, Instant now)
    : options_{options},
      socket_{std::move(socket)},
      session_{std::move(session)},
      reader_{options.max_body_bytes},
      deadline_{now + options.handshake_timeout} {}

Connection::Need Connection::advance(Instant now) {
  for (int turn = 0; turn < kTurns; ++turn) {
    std::optional<Need> need;
    switch (stage_) {
      case Stage::Handshake:
        need = shake_hands(now);
        break;
      case Stage::Idle:
      case Stage::Head:
      case Stage::Body:
        need = read(now);
        break;
      case Stage::Answer:
        need = write(now);
        break;
      case Stage::Linger:
        return drop_input();
      case Stage::Memory:
        return Need::Memory;
      case Stage::Worker:
        return Need::Answer;
    }
    if (need) {
      return *need;
    }
  }
  return Need::Turn;
}

Connection::Need Connection::expire(Instant /*now*/) {
  if (stage_ != Stage::Memory) {
    if (stage_ == Stage::Idle) {
      session_.say_goodbye();
    }
    return Need::Close;
  }
  reader_.truncate();
  enter(Stage::Worker, Instant::max());
  return Need::Worker;
}

void Connection::enter(Stage stage, Instant deadline) {
  stage_ = stage;
  deadline_ = deadline;
}

std::optional<Connection::Need> Connection::shake_hands(Instant now) {
  switch (session_.handshake()) {
    case IoStatus::Done:
      enter(Stage::Idle, now + options_.idle_timeout);
      return std::nullopt;
    case IoStatus::WouldBlock:
      return Need::Socket;
    case IoStatus::Closed:
      break;
  }
  return Need::Close;
}

std::optional<Connection::Need> Connection::read(Instant now) {
  if (!output_.empty() && !write_some()) {  // "100 Continue"
    return Need::Close;
  }
  if (input_.empty()) {
    std::array<char, kRecord> record;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
    const IoResult got = session_.read(record);
    if (got.status != IoStatus::Done) {
      return got.status == IoStatus::WouldBlock ? Need::Socket : Need::Close;
    }
    input_.assign(record.data(), got.bytes);
  }
  if (reader_.stage() == RequestReader::Stage::Start) {
    began_ = now;
  }
  input_.erase(0, reader_.consume(input_));
  return follow_reader(now);
}

std::optional<Connection::Need> Connection::follow_reader(Instant now) {
  switch (reader_.stage()) {
    case RequestReader::Stage::Start:
      return std::nullopt;
    case RequestReader::Stage::Head:
      if (stage_ == Stage::Idle) {
        enter(Stage::Head, now + options_.header_timeout);
      }
      return std::nullopt;
    case RequestReader::Stage::Body:
      if (stage_ != Stage::Body) {
        body_deadline_ = now + options_.body_timeout;
        enter(Stage::Body, body_deadline_);
      }
      if (reader_.expects_continue() && !told_to_continue_) {
        told_to_continue_ = true;
        output_ = "HTTP/1.1 100 Continue\r\n\r\n";
      }
      return std::nullopt;
    case RequestReader::Stage::NeedsMemory:
      if (stage_ != Stage::Body) {
        body_deadline_ = now + options_.body_timeout;
      }
      enter(Stage::Memory, now + kMemoryWait);
      return Need::Memory;
    case RequestReader::Stage::Complete:
      enter(Stage::Worker, Instant::max());
      return Need::Worker;
    case RequestReader::Stage::Refused:
      refuse(reader_.refusal(), now);
      return std::nullopt;
  }
  return Need::Close;
}

void Connection::grant_memory(std::size_t bytes) {
  granted_ = bytes;
  reader_.grant(bytes);
  // Waiting for memory was not the client's fault, but it gets no second body timeout for it.
  enter(Stage::Body, body_deadline_);
}

HttpRequest Connection::take_request() {
  return reader_.take();
}

void Connection::refuse(int status, Instant now) {
  answer(refusal_answer(status), /*keep_alive=*/false, now);
}

void Connection::answer(const std::string& bytes, bool keep_alive, Instant now) {
  output_.erase(0, written_);
  written_ = 0;
  output_ += bytes;
  keep_alive_ = keep_alive;
  enter(Stage::Answer, now + options_.write_timeout);
}

// False when the client is gone.
bool Connection::write_some() {
  const IoResult put = session_.write(std::string_view{output_}.substr(written_));
  if (put.status == IoStatus::Done) {
    written_ += put.bytes;
  }
  if (written_ == output_.size()) {
    output_.clear();
    written_ = 0;
  }
  return put.status != IoStatus::Closed;
}

std::optional<Connection::Need> Connection::write(Instant now) {
  const std::size_t before = output_.size() - written_;
  if (!write_some()) {
    return Need::Close;
  }
  if (output_.empty()) {
    finish_answer(now);
    return std::nullopt;
  }
  return output_.size() - written_ == before ? std::optional{Need::Socket} : std::nullopt;
}

void Connection::finish_answer(Instant now) {
  if (!keep_alive_) {
    session_.say_goodbye();
    shutdown(socket_.fd(), SHUT_WR);
    enter(Stage::Linger, now + kLinger);
    return;
  }
  reader_ = RequestReader{options_.max_body_bytes};
  told_to_continue_ = false;
  enter(Stage::Idle, now + options_.idle_timeout);
}

Connection::Need Connection::drop_input() {
  for (int turn = 0; turn < kTurns; ++turn) {
    // MSG_TRUNC: TCP throws the bytes away instead of copying them; see tcp(7).
    const ssize_t got = recv(socket_.fd(), nullptr, kRecord, MSG_TRUNC | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return Need::Socket;
    }
    if (got <= 0 || (dropped_ += static_cast<std::size_t>(got)) > kMaxDropped) {
      return Need::Close;
    }
  }
  return Need::Turn;
}

}  // namespace leangate::server
