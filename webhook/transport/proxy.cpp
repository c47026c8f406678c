#include "webhook/transport/proxy.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "webhook/transport/url.h"

namespace leangate::transport {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMaxSecret = 1024;

// RFC 3986 2.1; nothing when an escape is broken or a control character comes of it, which would
// end the header that the text goes into.
std::optional<std::string> decode_percent(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    unsigned int byte = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    if (byte == '%') {
      length = 3;
      const char* const digits = text.data() + 1;
      if (text.size() < length || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
        return std::nullopt;
      }
    }
    if (byte < ' ' || byte == 0x7f) {
      return std::nullopt;
    }
    result += static_cast<char>(byte);
    text.remove_prefix(length);
  }
  return result;
}

// "user" or "user:password" (RFC 3986 3.2.1).
std::optional<std::string> read_userinfo(std::string_view text, Proxy& proxy) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto user = decode_percent(text.substr(0, colon));
  const auto password = decode_percent(colon < text.size() ? text.substr(colon + 1) : "");
  if (!user || !password || user->size() > kMaxSecret || password->size() > kMaxSecret) {
    return "user and password must be percent-encoded text without control characters";
  }
  // Basic authentication ends the user at the first colon (RFC 7617 2).
  if (user->empty() || user->find(':') != std::string::npos) {
    return "the user must be neither empty nor hold a colon";
  }
  proxy.user = *user;
  proxy.password = *password;
  return std::nullopt;
}

// The host of an exception in the spelling that Url gives to hosts.
std::optional<std::string> normal_host(std::string_view text) {
  const bool bare_ipv6 = text.find(':') != std::string_view::npos && text.front() != '[';
  const auto url = parse_url(bare_ipv6 ? "http://["s.append(text) + "]" : "http://"s.append(text));
  const bool host_only = url && url->target == "/" && text.find('/') == std::string_view::npos &&
                         (bare_ipv6 || text.back() == ']' || text.find(':') == std::string::npos);
  return host_only ? std::optional{url->host} : std::nullopt;
}

}  // namespace

ProxyException::ProxyException(Rule rule) : rule_{std::move(rule)} {}

Result<ProxyException, std::string> ProxyException::parse(std::string_view text) {
  if (text.find('/') != std::string_view::npos) {
    auto range = Cidr::parse(text);
    if (!range) {
      return Failure{std::move(range).error()};
    }
    return ProxyException{*range};
  }
  std::string_view name = text;
  const bool below = name.starts_with("*.") || name.starts_with('.');
  name.remove_prefix(below ? name.find('.') + 1 : 0);
  const auto host = name.empty() ? std::nullopt : normal_host(name);
  const auto address = host ? IpAddress::parse(*host) : std::nullopt;
  if (!host || (below && address)) {
    return Failure{
        "expected a host (registry.corp.example), all names under a domain (.corp.example or "
        "*.corp.example), or an address range (10.0.0.0/8); no port"s};
  }
  if (address) {
    return ProxyException{Cidr{*address, 128}};
  }
  return below ? ProxyException{Below{"." + *host}} : ProxyException{Exactly{*host}};
}

bool ProxyException::holds(const std::string& host) const {
  if (const auto* exactly = std::get_if<Exactly>(&rule_)) {
    return exactly->host == host;
  }
  if (const auto* below = std::get_if<Below>(&rule_)) {
    return host.ends_with(below->suffix);
  }
  const std::optional<IpAddress> address = IpAddress::parse(host);
  return address && std::get<Cidr>(rule_).contains(*address);
}

Result<Proxy, std::string> Proxy::parse(std::string_view text) {
  if (text.find("//") == std::string_view::npos) {
    return Failure{"expected http://host:port or https://host:port"s};
  }
  Proxy proxy;
  std::string without_user{text};
  // The authority lies between "//" and the first of "/?#" (RFC 3986 3.2).
  const std::size_t begin = text.find("//") + 2;
  const std::string_view authority = text.substr(begin, text.find_first_of("/?#", begin) - begin);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (const auto mistake = read_userinfo(authority.substr(0, at), proxy)) {
      return Failure{*mistake};
    }
    without_user.erase(begin, at + 1);
  }
  const auto url = parse_url(without_user);
  if (!url) {
    return Failure{url.error()};
  }
  if (url->target != "/" || without_user.find_first_of("?#") != std::string::npos) {
    return Failure{"a proxy has a host and a port, no path"s};
  }
  proxy.scheme = url->scheme;
  proxy.host = url->host;
  proxy.port = url->port;
  return proxy;
}

bool Proxy::serves(const std::string& target) const {
  return std::none_of(exceptions.begin(), exceptions.end(), [&target](const ProxyException& each) {
    return each.holds(target);
  });
}

}  // namespace leangate::transport
