// The request line and the header fields of an HTTP/1 request, read so strictly that no other
// reader of the same bytes can see another request in them (RFC 9112, 11.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace leangate::server {

struct RequestHead {
  std::string method;
  std::string target;  // origin-form: a path with its query
  bool keep_alive = true;
  bool expects_continue = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
};

// The block ends with its empty line. The error is the status to answer; the connection must be
// closed then, as nobody knows where the next request begins.
Result<RequestHead, int> parse_request_head(std::string_view block);

}  // namespace leangate::server
