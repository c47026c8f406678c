#include "webhook/transport/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

namespace leangate::transport {
namespace {

using namespace std::string_literals;
using Bytes = unsigned char[16];

constexpr int kAddressBits = 128;
constexpr int kMappedPrefix = 96;  // where the IPv4 part of an IPv4-mapped address begins
constexpr std::size_t kMappedBytes = kMappedPrefix / 8;

enum class Class { Never, Loopback, Private };

// The ranges that aren't the public Internet. The first match counts, so narrow ranges stand
// before the wide ones around them.
struct Range {
  const char* cidr;
  Class kind;
  const char* name;
};
constexpr Range kRanges[] = {
    // Instance metadata that isn't link-local: credentials for whoever can reach it.
    {"100.100.100.200/32", Class::Never, "metadata address"},  // Alibaba Cloud
    {"168.63.129.16/32", Class::Never, "metadata address"},    // Azure's wire server
    {"192.0.0.192/32", Class::Never, "metadata address"},      // Oracle Cloud, classic
    {"fd00:ec2::/32", Class::Never, "metadata address"},       // AWS
    {"fd20:ce::254/128", Class::Never, "metadata address"},    // Google Cloud
    // RFC 6890 and its registry at IANA.
    {"0.0.0.0/8", Class::Never, "unspecified address"},  // Linux connects 0.0.0.0 to loopback
    {"127.0.0.0/8", Class::Loopback, "loopback address"},
    {"169.254.0.0/16", Class::Never, "link-local address"},
    {"224.0.0.0/4", Class::Never, "multicast address"},
    {"240.0.0.0/4", Class::Never, "reserved address"},  // the broadcast address with them
    {"192.0.0.0/24", Class::Never, "reserved address"},
    {"192.0.2.0/24", Class::Never, "reserved address"},
    {"198.51.100.0/24", Class::Never, "reserved address"},
    {"203.0.113.0/24", Class::Never, "reserved address"},
    {"10.0.0.0/8", Class::Private, "private address"},
    {"172.16.0.0/12", Class::Private, "private address"},
    {"192.168.0.0/16", Class::Private, "private address"},
    {"100.64.0.0/10", Class::Private, "private address"},  // RFC 6598: pods and services of clouds
    {"198.18.0.0/15", Class::Private, "private address"},
    {"::/128", Class::Never, "unspecified address"},
    {"::1/128", Class::Loopback, "loopback address"},
    {"fe80::/10", Class::Never, "link-local address"},
    {"fec0::/10", Class::Never, "reserved address"},  // site-local, RFC 3879
    {"ff00::/8", Class::Never, "multicast address"},
    {"fc00::/7", Class::Private, "private address"},
    // Teredo hides an IPv4 address behind a relay, ORCHID and documentation lead nowhere.
    {"2001::/23", Class::Never, "reserved address"},
    {"2001:db8::/32", Class::Never, "reserved address"},
};

struct ParsedRange {
  Cidr cidr;
  Class kind;
  const char* name;
};

const std::vector<ParsedRange>& ranges() {
  static const std::vector<ParsedRange> kParsed = [] {
    std::vector<ParsedRange> result;
    for (const Range& range : kRanges) {
      result.push_back({Cidr::parse(range.cidr).value(), range.kind, range.name});
    }
    return result;
  }();
  return kParsed;
}

void map_ipv4(const unsigned char* ipv4, Bytes& out) {
  std::memset(out, 0, 10);
  out[10] = out[11] = 0xff;
  std::memcpy(out + kMappedBytes, ipv4, 4);
}

bool is_mapped(const Bytes& address) {
  constexpr Bytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(address, kMapped, kMappedBytes) == 0;
}

// The IPv4 address that a translating or tunnelling form leads to, or null.
const unsigned char* embedded_ipv4(const Bytes& address) {
  constexpr Bytes kNat64 = {0, 0x64, 0xff, 0x9b};  // 64:ff9b::/96, RFC 6052
  if (std::memcmp(address, kNat64, kMappedBytes) == 0) {
    return address + kMappedBytes;
  }
  const bool is_6to4 = address[0] == 0x20 && address[1] == 0x02;  // 2002::/16, RFC 3056
  return is_6to4 ? address + 2 : nullptr;
}

bool in_any(const std::vector<Cidr>& list, const Bytes& address) {
  return std::any_of(
      list.begin(), list.end(), [&](const Cidr& cidr) { return cidr.contains(address); });
}

// IPv6 hands out global unicast from 2000::/3 only (RFC 4291, IANA). The rest is either in the
// table above or has a meaning we don't know: deprecated IPv4-compatible forms, local NAT64
// prefixes.
bool is_unassigned(const Bytes& address) {
  return !is_mapped(address) && (address[0] & 0xe0u) != 0x20;
}

}  // namespace

Result<Cidr, std::string> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return Failure{"an address range needs a prefix length, such as 10.0.0.0/8"s};
  }
  Cidr cidr;
  const std::string address{text.substr(0, slash)};
  in_addr ipv4{};
  int first_bit = 0;
  if (inet_pton(AF_INET, address.c_str(), &ipv4) == 1) {
    map_ipv4(reinterpret_cast<const unsigned char*>(&ipv4), cidr.bytes);
    first_bit = kMappedPrefix;
  } else if (inet_pton(AF_INET6, address.c_str(), cidr.bytes) != 1) {
    return Failure{"an address range begins with an IPv4 or IPv6 address"s};
  }
  const std::string_view digits = text.substr(slash + 1);
  int length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || length < 0 ||
      length > kAddressBits - first_bit) {
    return Failure{"the prefix length of an address range is a number up to 32 (IPv4) or 128"s};
  }
  cidr.prefix = first_bit + length;
  // Bits beyond the prefix are most often a slip: 10.1.0.0/8 was meant as /16.
  for (int bit = cidr.prefix; bit < kAddressBits; ++bit) {
    if ((cidr.bytes[bit / 8] & (0x80u >> static_cast<unsigned>(bit % 8))) != 0) {
      return Failure{"the address of an address range has bits set beyond the prefix length"s};
    }
  }
  return cidr;
}

bool Cidr::contains(const unsigned char (&address)[16]) const {
  if (prefix < kMappedPrefix && is_mapped(address)) {
    return false;
  }
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (std::memcmp(bytes, address, whole) != 0) {
    return false;
  }
  const int rest = prefix % 8;
  return rest == 0 || ((bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

AddressGuard::AddressGuard(std::vector<Cidr> allow, std::vector<Cidr> deny)
    : allow_{std::move(allow)}, deny_{std::move(deny)} {}

std::string AddressGuard::refusal(const sockaddr& address, const HostAccess* access) const {
  Bytes bytes = {};
  if (address.sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    map_ipv4(reinterpret_cast<const unsigned char*>(&ipv4.sin_addr), bytes);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    std::memcpy(bytes, &ipv6.sin6_addr, sizeof bytes);
  } else {
    return "not an IP address";
  }
  // An operator may deny either form, so both are asked about.
  if (in_any(deny_, bytes)) {
    return "address denied by configuration";
  }
  if (const unsigned char* ipv4 = embedded_ipv4(bytes)) {
    Bytes decoded = {};
    map_ipv4(ipv4, decoded);
    std::memcpy(bytes, decoded, sizeof bytes);
    if (in_any(deny_, bytes)) {
      return "address denied by configuration";
    }
  }
  return class_refusal(bytes, access);
}

std::string AddressGuard::class_refusal(const unsigned char (&address)[16],
                                        const HostAccess* access) const {
  for (const ParsedRange& range : ranges()) {
    if (!range.cidr.contains(address)) {
      continue;
    }
    const bool let_through =
        (range.kind == Class::Loopback && access != nullptr && access->allow_loopback) ||
        (range.kind == Class::Private &&
         ((access != nullptr && access->allow_private) || in_any(allow_, address)));
    return let_through ? "" : range.name;
  }
  return is_unassigned(address) ? "reserved address" : "";
}

}  // namespace leangate::transport
