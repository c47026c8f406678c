#include "webhook/registry/host_pattern.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

struct ClassMatch {
  bool matches = false;
  std::size_t length = 0;  // of the class in the pattern
};

// "[a-z]", "[^0-9]" at the beginning of `pattern`; nothing when it isn't closed.
std::optional<ClassMatch> match_class(std::string_view pattern, char c) {
  std::size_t i = 1;
  const bool negated = i < pattern.size() && pattern[i] == '^';
  i += negated ? 1 : 0;
  bool found = false;
  while (i < pattern.size() && pattern[i] != ']') {
    const char low = pattern[i];
    char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = pattern[i + 2];
      i += 2;
    }
    found = found || (low <= c && c <= high);
    ++i;
  }
  if (i >= pattern.size()) {
    return std::nullopt;
  }
  return ClassMatch{found != negated, i + 1};
}

// How many characters of the pattern match the character; 0 when they don't.
std::size_t match_one(std::string_view pattern, char c) {
  if (pattern.empty()) {
    return 0;
  }
  if (pattern[0] == '[') {
    const std::optional<ClassMatch> result = match_class(pattern, c);
    return result && result->matches ? result->length : 0;
  }
  return pattern[0] == '?' || pattern[0] == c ? 1 : 0;
}

// Only the last `*` is ever taken back, so time is at most pattern times text: patterns come from
// pull secrets, which anybody may write.
bool label_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    if (const std::size_t step = match_one(pattern.substr(p), text[t]); step > 0) {
      p += step;
      ++t;
    } else if (star) {
      p = *star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string_view next_label(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view label = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  return label;
}

std::size_t count_dots(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    count += c == '.' ? 1 : 0;
  }
  return count;
}

}  // namespace

HostAndPort split_host(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  const bool has_port = colon != std::string_view::npos &&
                        (bracket == std::string_view::npos || bracket < colon) &&
                        (bracket != std::string_view::npos || text.find(':') == colon);
  if (!has_port) {
    return {text, {}};
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool host_matches(std::string_view pattern, std::string_view host) {
  const std::string folded_pattern = lower_case(pattern);
  const std::string folded_host = lower_case(host);
  if (folded_pattern == folded_host) {
    return true;  // IPv6 literals would read as classes
  }
  const HostAndPort wanted = split_host(folded_pattern);
  const HostAndPort given = split_host(folded_host);
  if (wanted.port != given.port || count_dots(wanted.host) != count_dots(given.host)) {
    return false;
  }
  std::string_view patterns = wanted.host;
  std::string_view labels = given.host;
  while (!patterns.empty() || !labels.empty()) {
    if (!label_matches(next_label(patterns), next_label(labels))) {
      return false;
    }
  }
  return true;
}

bool is_loopback_name(std::string_view host) {
  std::string name = lower_case(host);
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  constexpr std::string_view kSuffix = ".localhost";
  if (name == "localhost" ||
      (name.size() > kSuffix.size() &&
       name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0)) {
    return true;
  }
  in_addr v4{};
  if (inet_pton(AF_INET, name.c_str(), &v4) == 1) {
    return ntohl(v4.s_addr) >> 24 == 127;
  }
  in6_addr v6{};
  return inet_pton(AF_INET6, name.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace leangate::registry
