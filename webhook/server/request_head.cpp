#include "webhook/server/request_head.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace leangate::server {
namespace {

constexpr int kBadRequest = 400;
constexpr int kUnsupportedMediaType = 415;
constexpr int kExpectationFailed = 417;
constexpr int kFieldsTooLarge = 431;
constexpr int kNotImplemented = 501;
constexpr int kVersionNotSupported = 505;

// API servers send about ten fields; proxies may double that.
constexpr std::size_t kMaxFields = 100;
// 18 digits hold every number of bytes and can't overflow 64 bits.
constexpr std::size_t kMaxLengthDigits = 18;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// RFC 9110, 5.5: anything but control characters; tabs are blanks.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
  });
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Cuts the first line off; lines end with CRLF and hold no other CR or LF (checked by the caller's
// character rules).
std::string_view next_line(std::string_view& block) {
  const auto end = block.find("\r\n");
  const std::string_view line = block.substr(0, end);
  block.remove_prefix(end == std::string_view::npos ? block.size() : end + 2);
  return line;
}

bool lists(std::string_view value, std::string_view wanted) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    if (same(trimmed(value.substr(0, comma)), wanted)) {
      return true;
    }
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
  return false;
}

class HeadParser {
 public:
  Result<RequestHead, int> parse(std::string_view block) {
    if (!read_request_line(next_line(block))) {
      return Failure{status_};
    }
    for (std::string_view line = next_line(block); !line.empty(); line = next_line(block)) {
      if (!read_field(line)) {
        return Failure{status_};
      }
    }
    if (!block.empty() || !is_consistent()) {
      return Failure{status_};
    }
    return std::move(head_);
  }

 private:
  bool refuse(int status) {
    status_ = status;
    return false;
  }

  // RFC 9112, 3. Only the origin-form is served.
  bool read_request_line(std::string_view line) {
    const auto method_end = line.find(' ');
    const auto target_end = line.rfind(' ');
    if (method_end == std::string_view::npos || target_end <= method_end) {
      return false;
    }
    head_.method = line.substr(0, method_end);
    head_.target = line.substr(method_end + 1, target_end - method_end - 1);
    const std::string_view version = line.substr(target_end + 1);
    if (!is_token(head_.method) || !head_.target.starts_with('/') || !is_visible(head_.target)) {
      return false;
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      return refuse(version.starts_with("HTTP/") ? kVersionNotSupported : kBadRequest);
    }
    is_http_1_0_ = version == "HTTP/1.0";
    head_.keep_alive = !is_http_1_0_;
    return true;
  }

  // A blank before the colon or at the beginning of the line (a folded one) is no token: RFC 9112,
  // 5.1 and 5.2.
  bool read_field(std::string_view line) {
    if (++fields_ > kMaxFields) {
      return refuse(kFieldsTooLarge);
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return false;
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    return is_field_value(value) && understand(line.substr(0, colon), value);
  }

  bool understand(std::string_view name, std::string_view value) {
    if (same(name, "Content-Length")) {
      return read_length(value);
    }
    if (same(name, "Transfer-Encoding")) {
      return read_transfer_encoding(value);
    }
    if (same(name, "Host")) {
      return ++hosts_ == 1;
    }
    if (same(name, "Connection")) {
      head_.keep_alive = head_.keep_alive && !lists(value, "close");
    } else if (same(name, "Expect")) {
      head_.expects_continue = same(value, "100-continue");
      return head_.expects_continue || refuse(kExpectationFailed);
    } else if (same(name, "Content-Encoding")) {
      // A small body could inflate to anything.
      return same(value, "identity") || refuse(kUnsupportedMediaType);
    } else if (same(name, "Range")) {
      // Means nothing here, and httplib's pattern for it recurses once a byte.
      return false;
    }
    return true;
  }

  bool read_length(std::string_view value) {
    std::uint64_t length = 0;
    if (head_.content_length || value.empty() || value.size() > kMaxLengthDigits ||
        value.find_first_not_of("0123456789") != std::string_view::npos) {
      return false;
    }
    std::from_chars(value.data(), value.data() + value.size(), length);
    head_.content_length = length;
    return true;
  }

  bool read_transfer_encoding(std::string_view value) {
    if (head_.chunked || is_http_1_0_) {
      return false;
    }
    head_.chunked = same(value, "chunked");
    return head_.chunked || refuse(kNotImplemented);
  }

  // RFC 9112, 3.2 (one Host) and 6.3 (one framing).
  bool is_consistent() const {
    return (hosts_ == 1 || is_http_1_0_) && !(head_.chunked && head_.content_length);
  }

  RequestHead head_;
  int status_ = kBadRequest;
  std::size_t fields_ = 0;
  std::size_t hosts_ = 0;
  bool is_http_1_0_ = false;
};

}  // namespace

Result<RequestHead, int> parse_request_head(std::string_view block) {
  return HeadParser{}.parse(block);
}

}  // namespace leangate::server
