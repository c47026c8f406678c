#include "webhook/transport/curl_transport_head.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace leangate::transport {
namespace {

std::string to_lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

// "HTTP/1.1 200 OK" or "HTTP/2 200 " (RFC 9112 4).
int parse_status(std::string_view line) {
  line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
  int status = 0;
  std::from_chars(line.data(), line.data() + std::min<std::size_t>(line.size(), 3), status);
  return status;
}

}  // namespace

HeadReader::State HeadReader::take(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > max_bytes_) {
    return State::TooLarge;
  }
  if (complete_) {
    return State::Reading;
  }
  if (line.substr(0, 5) == "HTTP/") {
    head_.headers.clear();
    head_.status = parse_status(line);
    return State::Reading;
  }
  if (trim(line).empty()) {
    complete_ = head_.status >= 200;  // after a 1xx the final answer is yet to come (RFC 9110 15.2)
    return complete_ ? State::Complete : State::Reading;
  }
  const std::size_t colon = line.find(':');
  // Folded lines (obsolete since RFC 7230) are no headers of ours.
  if (colon != std::string_view::npos && line.front() != ' ' && line.front() != '\t') {
    head_.headers.push_back(
        {to_lower(line.substr(0, colon)), std::string{trim(line.substr(colon + 1))}});
  }
  return State::Reading;
}

}  // namespace leangate::transport
