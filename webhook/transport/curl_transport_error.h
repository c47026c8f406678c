// libcurl's many codes as the few kinds that decide about retry and blame.
#pragma once

#include <string>
#include <string_view>

#include "webhook/transport/http_transport.h"

namespace leangate::transport {

// `code` is a CURLcode; `answered` tells whether the head of an answer had arrived.
TransportError::Kind kind_of(int code, bool answered);

// "HOST:PORT: TEXT" on one line: control characters of the peer's making are replaced, and the
// length is bounded.
TransportError make_error(TransportError::Kind kind, const Url& url, std::string_view text);

}  // namespace leangate::transport
