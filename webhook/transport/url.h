// The URLs of registries, token realms and redirects: parsed strictly, printed without secrets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace leangate::transport {

struct Url {
  std::string scheme;      // "https" or "http"
  std::string host;        // lower case, no trailing dot; an IPv6 literal without its brackets
  std::uint16_t port = 0;  // never 0: the scheme's default is filled in
  std::string target;      // path and query, begins with '/', no fragment

  // "https://host:port"; equal origins may share credentials (RFC 6454).
  std::string origin() const;
  // What parse_url reads back; the scheme's default port isn't printed.
  std::string str() const;
  // For logs and messages: without the query, which in presigned URLs is a secret.
  std::string redacted() const;

  bool same_origin(const Url& other) const;
};

// Refuses other schemes, userinfo, white space, control characters, ports outside 1-65535 and text
// over 8 KiB.
Result<Url, std::string> parse_url(std::string_view text);

// RFC 3986 5.2: resolves a Location header against the URL it came from.
Result<Url, std::string> resolve_url(const Url& base, std::string_view location);

// Percent-encodes all but unreserved characters (RFC 3986 2.3).
std::string encode_query(std::string_view text);

}  // namespace leangate::transport
