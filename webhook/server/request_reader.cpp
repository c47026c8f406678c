#include "webhook/server/request_reader.h"

#include <algorithm>
#include <utility>

namespace leangate::server {

RequestReader::RequestReader(std::size_t max_body_bytes)
    : max_body_bytes_{max_body_bytes}, allowance_{std::min(max_body_bytes, kSmallBody)} {}

std::size_t RequestReader::consume(std::string_view bytes) {
  std::size_t done = 0;
  if (stage_ == Stage::Start || stage_ == Stage::Head) {
    done = consume_head(bytes);
  }
  if (stage_ == Stage::Body) {
    done += consume_body(bytes.substr(done));
  }
  return done;
}

std::size_t RequestReader::consume_head(std::string_view bytes) {
  if (bytes.empty()) {
    return 0;
  }
  stage_ = Stage::Head;
  const std::size_t before = head_block_.size();
  // One byte beyond the limit tells "too large" from "just fits".
  head_block_.append(bytes.substr(0, kMaxHead + 1 - before));
  const auto end = head_block_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string::npos || end + 4 > kMaxHead) {
    if (head_block_.size() > kMaxHead) {
      refuse(431);
    }
    return head_block_.size() - before;
  }
  head_block_.resize(end + 4);
  auto head = parse_request_head(head_block_);
  if (head) {
    head_ = std::move(*head);
    begin_body();
  } else {
    refuse(head.error());
  }
  const std::size_t done = head_block_.size() - before;
  head_block_ = {};
  return done;
}

void RequestReader::begin_body() {
  const bool empty = !head_.chunked && head_.content_length.value_or(0) == 0;
  stage_ = empty ? Stage::Complete : Stage::Body;
}

std::size_t RequestReader::consume_body(std::string_view bytes) {
  return head_.chunked ? consume_chunked(bytes) : consume_counted(bytes);
}

std::size_t RequestReader::consume_counted(std::string_view bytes) {
  const std::uint64_t left = *head_.content_length - body_.size();
  const std::uint64_t count =
      std::min<std::uint64_t>({left, bytes.size(), allowance_ - body_.size()});
  body_.append(bytes.substr(0, count));
  if (body_.size() == *head_.content_length) {
    stage_ = Stage::Complete;
  } else if (body_.size() == allowance_) {
    run_out_of_room();
  }
  return count;
}

std::size_t RequestReader::consume_chunked(std::string_view bytes) {
  const std::size_t done = chunked_.decode(bytes, allowance_ - body_.size(), body_);
  if (chunked_.state() == ChunkedBody::State::Broken) {
    refuse(400);
  } else if (chunked_.state() == ChunkedBody::State::Done) {
    stage_ = Stage::Complete;
  } else if (chunked_.has_more_content() && body_.size() == allowance_) {
    run_out_of_room();
  }
  return done;
}

bool RequestReader::is_too_large() const {
  return head_.content_length.value_or(0) > max_body_bytes_ || allowance_ >= max_body_bytes_;
}

void RequestReader::run_out_of_room() {
  if (is_too_large()) {
    truncate();
  } else {
    stage_ = Stage::NeedsMemory;
  }
}

std::size_t RequestReader::wanted_memory() const {
  const std::uint64_t all = head_.content_length.value_or(max_body_bytes_);
  return std::min<std::uint64_t>({std::uint64_t{2} * allowance_, max_body_bytes_, all});
}

void RequestReader::grant(std::size_t bytes) {
  allowance_ = std::max(allowance_, bytes);
  body_.reserve(allowance_);
  stage_ = Stage::Body;
}

void RequestReader::truncate() {
  truncated_ = true;
  stage_ = Stage::Complete;
}

HttpRequest RequestReader::take() {
  return {.method = std::move(head_.method),
          .target = std::move(head_.target),
          .body = std::move(body_),
          .truncated = truncated_,
          .keep_alive = head_.keep_alive && !truncated_};
}

void RequestReader::refuse(int status) {
  stage_ = Stage::Refused;
  refusal_ = status;
}

}  // namespace leangate::server
