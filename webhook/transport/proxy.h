// The proxy between leangate and the registries, and which hosts are reached without it. It comes
// from the configuration only: the environment of a container is nobody's word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/result.h"
#include "webhook/transport/ip_address.h"

namespace leangate::transport {

// One host, or group of hosts, that is reached without the proxy.
class ProxyException {
 public:
  // "registry.corp.example" is that host alone; ".corp.example" and "*.corp.example" are all names
  // under it, at any depth, but not it; "10.0.0.0/8" and "fd00::/8" are hosts written as addresses
  // of that range; "10.1.2.3" and "[::1]" are that address. Letter case and a trailing dot don't
  // count. No ports: a host is reached one way or the other.
  static Result<ProxyException, std::string> parse(std::string_view text);

  // `host` as Url holds it.
  bool holds(const std::string& host) const;

 private:
  struct Exactly {
    std::string host;
  };
  struct Below {
    std::string suffix;  // with its leading dot
  };
  using Rule = std::variant<Exactly, Below, Cidr>;

  explicit ProxyException(Rule rule);

  Rule rule_;
};

struct Proxy {
  std::string scheme;  // "http", or "https" for TLS to the proxy itself
  std::string host;    // as in Url
  std::uint16_t port = 0;
  std::string user;  // empty: nothing is said about who asks
  std::string password;
  std::string ca_file;  // added to the system's roots for TLS to the proxy; empty: none
  std::vector<ProxyException> exceptions;

  // "http://user:password@proxy.example:3128"; user and password percent-encoded, the port the
  // scheme's own when there is none. The error doesn't repeat the text, which may hold a secret.
  static Result<Proxy, std::string> parse(std::string_view url);

  bool serves(const std::string& target) const;
};

}  // namespace leangate::transport
