#include "webhook/transport/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

namespace leangate::transport {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMaxUrl = 8u << 10;
constexpr std::size_t kMaxHost = 253;  // RFC 1035 2.3.4, in the text form without the root's dot
constexpr std::size_t kMaxLabel = 63;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_unreserved(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string to_lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

// What no URL may hold, wherever it stands. A backslash is a slash to some parsers, and the two
// readings of one URL would then disagree about its host.
std::optional<std::string> refusal_of_text(std::string_view text) {
  if (text.size() > kMaxUrl) {
    return "longer than 8 KiB";
  }
  const bool strange = std::any_of(
      text.begin(), text.end(), [](char c) { return c <= ' ' || c >= '\x7f' || c == '\\'; });
  if (strange) {
    return "holds white space, a control character, a backslash or a byte beyond ASCII";
  }
  return std::nullopt;
}

Result<std::string, std::string> parse_ipv6(std::string_view text) {
  in6_addr address{};
  char canonical[INET6_ADDRSTRLEN] = {};
  if (inet_pton(AF_INET6, std::string{text}.c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, canonical, sizeof canonical) == nullptr) {
    return Failure{"malformed IPv6 address"s};
  }
  return std::string{canonical};
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? kHttpsPort : kHttpPort;
}

// People and virtual hosts know an origin without its scheme's own port.
std::string short_origin(const Url& url) {
  return url.port == default_port(url.scheme) ? url.scheme + "://" + bracketed(url.host)
                                              : url.origin();
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
         });
}

Result<std::string, std::string> parse_name(std::string_view text) {
  if (!text.empty() && text.back() == '.') {
    text.remove_suffix(1);
  }
  if (text.empty() || text.size() > kMaxHost) {
    return Failure{"no host, or one longer than 253 characters"s};
  }
  std::string_view rest = text;
  while (true) {
    const std::size_t dot = rest.find('.');
    if (!is_label(rest.substr(0, dot))) {
      return Failure{"malformed host name"s};
    }
    if (dot == std::string_view::npos) {
      return to_lower(text);
    }
    rest.remove_prefix(dot + 1);
  }
}

Result<std::uint16_t, std::string> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return Failure{"port not in 1-65535"s};
  }
  return port;
}

// authority = host [ ":" port ]; RFC 3986's userinfo is refused: a secret in a URL, or a trap.
std::optional<std::string> parse_authority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) {
    return "holds user information";
  }
  std::string_view port;
  bool has_port = false;
  Result<std::string, std::string> host = Failure{"malformed IPv6 address"s};
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || (close + 1 < text.size() && text[close + 1] != ':')) {
      return host.error();
    }
    host = parse_ipv6(text.substr(1, close - 1));
    has_port = close + 1 < text.size();
    port = has_port ? text.substr(close + 2) : port;
  } else {
    const std::size_t colon = text.find(':');
    host = parse_name(text.substr(0, colon));
    has_port = colon != std::string_view::npos;
    port = has_port ? text.substr(colon + 1) : port;
  }
  if (!host) {
    return host.error();
  }
  url.host = *std::move(host);
  url.port = default_port(url.scheme);
  if (has_port) {
    const auto number = parse_port(port);
    if (!number) {
      return number.error();
    }
    url.port = *number;
  }
  return std::nullopt;
}

// Whether the text begins with `scheme ":"` (RFC 3986 3.1).
bool has_scheme(std::string_view text) {
  const std::size_t end = text.find_first_of(":/?#");
  return end != std::string_view::npos && end > 0 && text[end] == ':' && is_alpha(text.front());
}

std::pair<std::string_view, std::string_view> split_query(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  return {target.substr(0, mark), target.substr(mark)};
}

// RFC 3986 5.2.4 for a path that begins with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);  // with its leading slash
    path.remove_prefix(end);
    const bool up = segment == "/..";
    if (up) {
      result.erase(std::min(result.rfind('/'), result.size()));
    } else if (segment != "/.") {
      result += segment;
      continue;
    }
    if (path.empty()) {
      result += '/';
    }
  }
  return result;
}

std::string without_dot_segments(std::string_view target) {
  const auto [path, query] = split_query(target);
  return remove_dot_segments(path).append(query);
}

}  // namespace

std::string Url::origin() const {
  return scheme + "://" + bracketed(host) + ":" + std::to_string(port);
}

std::string Url::str() const {
  return short_origin(*this) + target;
}

std::string Url::redacted() const {
  return short_origin(*this).append(split_query(target).first);
}

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

Result<Url, std::string> parse_url(std::string_view text) {
  if (const auto refusal = refusal_of_text(text)) {
    return Failure{"not a usable URL: " + *refusal};
  }
  Url url;
  const std::size_t colon = std::min(text.find(':'), text.size());
  url.scheme = to_lower(text.substr(0, colon));
  if (url.scheme != "https" && url.scheme != "http") {
    return Failure{"not a usable URL: the scheme is neither https nor http"s};
  }
  text.remove_prefix(colon);
  if (text.substr(0, 3) != "://") {
    return Failure{"not a usable URL: no // after the scheme"s};
  }
  text.remove_prefix(3);
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  if (const auto refusal = parse_authority(text.substr(0, end), url)) {
    return Failure{"not a usable URL: " + *refusal};
  }
  text.remove_prefix(end);
  text = text.substr(0, text.find('#'));
  url.target = text.empty() || text.front() != '/' ? "/" : "";
  url.target += text;
  if (url.str().size() > kMaxUrl) {  // normalising may lengthen it
    return Failure{"not a usable URL: longer than 8 KiB"s};
  }
  return url;
}

Result<Url, std::string> resolve_url(const Url& base, std::string_view location) {
  if (location.empty()) {
    return Failure{"not a usable URL: empty"s};
  }
  if (has_scheme(location) || location.substr(0, 2) == "//") {
    const bool relative = location.front() == '/';
    auto absolute = parse_url((relative ? base.scheme + ":" : ""s).append(location));
    if (absolute) {
      absolute->target = without_dot_segments(absolute->target);
    }
    return absolute;
  }
  const auto [base_path, base_query] = split_query(base.target);
  location = location.substr(0, location.find('#'));
  const auto [path, query] = split_query(location);
  std::string target;
  if (path.empty()) {
    target.append(base_path).append(query.empty() ? base_query : query);
  } else if (path.front() == '/') {
    target = without_dot_segments(location);
  } else {  // 5.2.3: the reference replaces what follows the base path's last slash
    std::string merged{base_path.substr(0, base_path.rfind('/') + 1)};
    target = without_dot_segments(merged.append(location));
  }
  // Parsed once more, so that every rule about text and length holds for the whole.
  return parse_url(base.origin() + target);
}

std::string encode_query(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (is_unreserved(c)) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kHex[byte >> 4u];
      result += kHex[byte & 0xfu];
    }
  }
  return result;
}

}  // namespace leangate::transport
