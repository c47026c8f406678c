#include "webhook/transport/address_guard.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace leangate::transport {
namespace {

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

// The IPv4 address that a translating or tunnelling form leads to.
std::optional<IpAddress> embedded_ipv4(const IpAddress& address) {
  constexpr std::array<unsigned char, 12> kNat64 = {0, 0x64, 0xff, 0x9b};  // 64:ff9b::/96, RFC 6052
  const auto& bytes = address.bytes;
  if (std::equal(kNat64.begin(), kNat64.end(), bytes.begin())) {
    return IpAddress::from_ipv4(bytes.data() + kNat64.size());
  }
  const bool is_6to4 = bytes[0] == 0x20 && bytes[1] == 0x02;  // 2002::/16, RFC 3056
  return is_6to4 ? std::optional{IpAddress::from_ipv4(bytes.data() + 2)} : std::nullopt;
}

bool in_any(const std::vector<Cidr>& list, const IpAddress& address) {
  return std::any_of(
      list.begin(), list.end(), [&](const Cidr& cidr) { return cidr.contains(address); });
}

// IPv6 hands out global unicast from 2000::/3 only (RFC 4291, IANA). The rest is either in the
// table above or has a meaning we don't know: deprecated IPv4-compatible forms, local NAT64
// prefixes.
bool is_unassigned(const IpAddress& address) {
  return !address.is_ipv4() && (address.bytes[0] & 0xe0u) != 0x20;
}

}  // namespace

AddressGuard::AddressGuard(std::vector<Cidr> allow, std::vector<Cidr> deny)
    : allow_{std::move(allow)}, deny_{std::move(deny)} {}

std::string AddressGuard::refusal(const sockaddr& address, const HostAccess* access) const {
  const std::optional<IpAddress> ip = IpAddress::of(address);
  return ip ? refusal(*ip, access) : "not an IP address";
}

std::string AddressGuard::refusal(const IpAddress& address, const HostAccess* access) const {
  // An operator may deny either form, so both are asked about.
  if (in_any(deny_, address)) {
    return "address denied by configuration";
  }
  const IpAddress decoded = embedded_ipv4(address).value_or(address);
  if (in_any(deny_, decoded)) {
    return "address denied by configuration";
  }
  return class_refusal(decoded, access);
}

std::string AddressGuard::class_refusal(const IpAddress& address, const HostAccess* access) const {
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
