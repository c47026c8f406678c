// One HTTP/1 request out of a stream of bytes, whatever pieces they come in. Knows no socket, no
// time and no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "webhook/server/chunked_body.h"
#include "webhook/server/request_head.h"

namespace leangate::server {

// Bodies up to this size are read without asking for memory.
inline constexpr std::size_t kSmallBody = 64u << 10;
inline constexpr std::size_t kMaxHead = 16u << 10;

struct HttpRequest {
  std::string method;
  std::string target;
  std::string body;
  bool truncated = false;  // the body went on; `body` is its beginning
  bool keep_alive = true;  // false where the client or the framing says so
};

class RequestReader {
 public:
  enum class Stage {
    Start,  // no byte yet
    Head,
    Body,
    NeedsMemory,  // takes no more bytes before grant() or truncate()
    Complete,
    Refused,  // answer refusal() and close the connection
  };

  explicit RequestReader(std::size_t max_body_bytes);

  // Returns how many of the bytes belong to this request and are done with.
  std::size_t consume(std::string_view bytes);

  Stage stage() const { return stage_; }
  int refusal() const { return refusal_; }
  // The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return head_.expects_continue; }

  // In Stage::NeedsMemory: how large the body's buffer wants to become in all.
  std::size_t wanted_memory() const;
  void grant(std::size_t bytes);
  // Gives up on the rest of the body: the request is complete, and truncated.
  void truncate();

  // In Stage::Complete, once.
  HttpRequest take();

 private:
  std::size_t consume_head(std::string_view bytes);
  std::size_t consume_body(std::string_view bytes);
  std::size_t consume_counted(std::string_view bytes);
  std::size_t consume_chunked(std::string_view bytes);
  void begin_body();
  void run_out_of_room();
  bool is_too_large() const;
  void refuse(int status);

  std::size_t max_body_bytes_;
  Stage stage_ = Stage::Start;
  int refusal_ = 0;
  std::string head_block_;
  RequestHead head_;
  ChunkedBody chunked_;
  std::string body_;
  std::size_t allowance_;  // how large body_ may become
  bool truncated_ = false;
};

}  // namespace leangate::server
