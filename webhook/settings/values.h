// Values of the configuration that are more than a string: what they may look like. The flags that
// set the same values are checked by the same functions.
#pragma once

#include <string>
#include <string_view>

#include "policy/result.h"

namespace leangate::settings {

// All errors are sentences, without a capital or a full stop, that can follow a colon.

// "host:port" to listen on: a name or an IPv4 address, or an IPv6 address in brackets; port 0 is
// any free one.
Result<void, std::string> check_listen_address(std::string_view text);

// The host[:port] of a registry or a glob over names, "*.corp.example", in which `*` stands for
// characters of one label. Given back as registry::HostRule compares it: in lower case, without a
// root dot.
Result<std::string, std::string> parse_host_pattern(std::string_view text);

// The name of a namespace (an RFC 1123 label), or "*" for all.
Result<void, std::string> check_namespace_choice(std::string_view text);

}  // namespace leangate::settings
