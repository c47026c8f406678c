// Host names with globs, as the kubelet compares them (kubernetes pkg/credentialprovider): the port
// is equal text, the labels are as many, and each label matches its own glob.
#pragma once

#include <string>
#include <string_view>

namespace leangate::registry {

// "host", "host:5000", "[::1]:5000" -> the name, and the port's digits or nothing.
struct HostAndPort {
  std::string_view host;
  std::string_view port;
};
HostAndPort split_host(std::string_view text);

// "*.corp.example" matches "a.corp.example", not "a.b.corp.example" nor "a.corp.example:5000".
// Letter case doesn't count. `*`, `?` and `[a-z]` are known, as in Go's filepath.Match.
bool host_matches(std::string_view pattern, std::string_view host);

// "localhost", what ends in ".localhost", 127.0.0.0/8 and ::1 as literals.
bool is_loopback_name(std::string_view host);

}  // namespace leangate::registry
