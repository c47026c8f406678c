#include "webhook/settings/values.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "policy/image_reference.h"

namespace leangate::settings {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z');
}

// 0 to 65535; from_chars alone would take "0x1" for 0 and stop.
bool is_listen_port(std::string_view text) {
  constexpr std::size_t kMaxPortDigits = 5;
  std::uint32_t port = 0;
  return !text.empty() && text.size() <= kMaxPortDigits &&
         std::all_of(text.begin(), text.end(), is_digit) &&
         std::from_chars(text.data(), text.data() + text.size(), port).ec == std::errc{} &&
         port <= std::numeric_limits<std::uint16_t>::max();
}

// A colon that belongs neither to a port nor to brackets is one of an IPv6 address.
bool has_bare_colon(std::string_view host) {
  return host.find(':') != std::string_view::npos && !host.starts_with('[');
}

}  // namespace

Result<void, std::string> check_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool is_address = colon != std::string_view::npos &&
                          is_listen_port(text.substr(colon + 1)) &&
                          !has_bare_colon(text.substr(0, colon)) &&
                          policy::parse_registry_host(text.substr(0, colon)).has_value();
  if (!is_address) {
    return Failure{std::string{"expected host:port, like 0.0.0.0:10250 or [::]:10250"}};
  }
  return {};
}

Result<std::string, std::string> parse_host_pattern(std::string_view text) {
  const std::size_t star = text.find('*');
  if (star == std::string_view::npos) {
    return policy::parse_registry_host(text);
  }
  if (text.starts_with('[') || text.find('*', text.find(':')) != std::string_view::npos) {
    return Failure{std::string{"`*` is known in host names only, not in addresses and ports"}};
  }
  // Any letter stands in for the stars while the rest is read; folding moves nothing before it.
  std::string sample{text};
  std::replace(sample.begin(), sample.end(), '*', 'x');
  auto pattern = policy::parse_registry_host(sample);
  for (std::size_t i = star; pattern && i < text.size(); ++i) {
    if (text[i] == '*') {
      pattern->at(i) = '*';
    }
  }
  return pattern;
}

Result<void, std::string> check_namespace_choice(std::string_view text) {
  constexpr std::size_t kMaxLabelLength = 63;  // RFC 1123 by way of RFC 1035, 2.3.4
  const bool is_label = !text.empty() && text.size() <= kMaxLabelLength && text.front() != '-' &&
                        text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
                          return is_lower_alphanumeric(c) || c == '-';
                        });
  if (!is_label && text != "*") {
    return Failure{std::string{"expected the name of a namespace, or \"*\" for all"}};
  }
  return {};
}

}  // namespace leangate::settings
