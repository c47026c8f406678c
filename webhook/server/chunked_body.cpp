#include "webhook/server/chunked_body.h"

#include <algorithm>
#include <charconv>

namespace leangate::server {
namespace {

// A size, its extensions, or one trailer field; nobody we serve sends the latter two.
constexpr std::size_t kMaxLine = 1024;
// One byte a chunk costs five bytes of framing. Beyond three times that, and 16 KiB to begin with,
// somebody sends us extensions or trailers for their own sake.
constexpr std::uint64_t kFramingPerByte = 16;
constexpr std::uint64_t kFreeFraming = 16u << 10;
// 15 hexadecimal digits can't overflow 64 bits.
constexpr std::size_t kMaxSizeDigits = 15;

}  // namespace

std::size_t ChunkedBody::decode(std::string_view bytes, std::size_t room, std::string& body) {
  std::size_t done = 0;
  while (done < bytes.size() && state_ != State::Done && state_ != State::Broken) {
    if (state_ != State::Data) {
      take_framing(bytes[done++]);
      continue;
    }
    const std::uint64_t count =
        std::min<std::uint64_t>({left_in_chunk_, room, bytes.size() - done});
    if (count == 0) {
      break;
    }
    body.append(bytes.substr(done, count));
    done += count;
    room -= count;
    content_ += count;
    left_in_chunk_ -= count;
    if (left_in_chunk_ == 0) {
      state_ = State::DataEnd;
    }
  }
  return done;
}

void ChunkedBody::take_framing(char byte) {
  if (++framing_ > kFreeFraming + kFramingPerByte * content_ || line_.size() >= kMaxLine) {
    state_ = State::Broken;
    return;
  }
  line_ += byte;
  if (byte == '\n') {
    finish_line();
    line_.clear();
  }
}

void ChunkedBody::finish_line() {
  if (!line_.ends_with("\r\n")) {
    state_ = State::Broken;
    return;
  }
  line_.resize(line_.size() - 2);
  if (line_.find('\r') != std::string::npos || line_.find('\0') != std::string::npos) {
    state_ = State::Broken;
  } else if (state_ == State::Size) {
    finish_size();
  } else if (state_ == State::DataEnd) {
    state_ = line_.empty() ? State::Size : State::Broken;
  } else if (line_.empty()) {
    state_ = State::Done;  // trailers are dropped: nothing here may be said in one
  }
}

void ChunkedBody::finish_size() {
  const auto digits = line_.find_first_not_of("0123456789abcdefABCDEF");
  const std::size_t count = std::min(digits, line_.size());
  const std::string_view rest = std::string_view{line_}.substr(count);
  // Extensions begin with a semicolon, blanks before it are tolerated by the grammar only.
  if (count == 0 || count > kMaxSizeDigits || (!rest.empty() && rest.front() != ';')) {
    state_ = State::Broken;
    return;
  }
  std::from_chars(line_.data(), line_.data() + count, left_in_chunk_, 16);
  state_ = left_in_chunk_ == 0 ? State::Trailer : State::Data;
}

}  // namespace leangate::server
