// IP addresses and ranges of them, as sockets, settings and hosts of URLs write them.
#pragma once

#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace leangate::transport {

struct IpAddress {
  std::array<unsigned char, 16> bytes = {};  // IPv4 as IPv4-mapped (RFC 4291 2.5.5.2)

  // Absent for sockets of other families.
  static std::optional<IpAddress> of(const sockaddr& address);
  // Whatever a resolver takes for an address without asking anybody: "127.0.0.1", "::1", but also
  // "127.1", "0x7f.1", "2130706433". IPv6 without brackets.
  static std::optional<IpAddress> parse(const std::string& text);
  static IpAddress from_ipv4(const unsigned char* four_bytes);

  bool is_ipv4() const;
  std::string str() const;  // "127.0.0.1", "::1"
};

// An address range, "10.0.0.0/8" or "fd00::/8". IPv4 addresses are in IPv4 ranges only: "::/0"
// holds none.
struct Cidr {
  IpAddress first;
  int prefix = 0;  // bits of the 128

  // Strict: no bits beyond the prefix, no short spellings.
  static Result<Cidr, std::string> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
};

}  // namespace leangate::transport
