// Gathers the head of an answer from the lines that libcurl hands over, within a limit.
#pragma once

#include <cstddef>
#include <string_view>

#include "webhook/transport/http_transport.h"

namespace leangate::transport {

class HeadReader {
 public:
  enum class State { Reading, Complete, TooLarge };

  void set_limit(std::size_t max_bytes) { max_bytes_ = max_bytes; }

  // Takes one line with its line break. Complete is answered once, at the end of the final block;
  // trailers after it only count towards the limit.
  State take(std::string_view line);

  bool complete() const { return complete_; }
  int status() const { return head_.status; }
  HttpResponse& head() { return head_; }

 private:
  HttpResponse head_;
  std::size_t max_bytes_ = 0;
  std::size_t bytes_ = 0;  // of all blocks: endless 1xx answers are headers, too
  bool complete_ = false;
};

}  // namespace leangate::transport
