#include "webhook/transport/ip_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>

namespace leangate::transport {
namespace {

using namespace std::string_literals;

constexpr int kAddressBits = 128;
constexpr int kMappedPrefix = 96;  // where the IPv4 part of an IPv4-mapped address begins
constexpr std::size_t kMappedBytes = kMappedPrefix / 8;
constexpr std::array<unsigned char, kMappedBytes> kMapped = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

IpAddress IpAddress::from_ipv4(const unsigned char* four_bytes) {
  IpAddress result;
  std::copy(kMapped.begin(), kMapped.end(), result.bytes.begin());
  std::memcpy(result.bytes.data() + kMappedBytes, four_bytes, 4);
  return result;
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    return from_ipv4(reinterpret_cast<const unsigned char*>(&ipv4.sin_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    IpAddress result;
    std::memcpy(result.bytes.data(), &ipv6.sin6_addr, result.bytes.size());
    return result;
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::parse(const std::string& text) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;  // asks nobody
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (text.empty() || getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) {
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, &freeaddrinfo};
  return of(*found->ai_addr);
}

bool IpAddress::is_ipv4() const {
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

std::string IpAddress::str() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(is_ipv4() ? AF_INET : AF_INET6,
            bytes.data() + (is_ipv4() ? kMappedBytes : 0),
            text,
            sizeof text);
  return text;
}

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
    cidr.first = IpAddress::from_ipv4(reinterpret_cast<const unsigned char*>(&ipv4));
    first_bit = kMappedPrefix;
  } else if (inet_pton(AF_INET6, address.c_str(), cidr.first.bytes.data()) != 1) {
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
    const auto byte = static_cast<std::size_t>(bit / 8);
    if ((cidr.first.bytes[byte] & (0x80u >> static_cast<unsigned>(bit % 8))) != 0) {
      return Failure{"the address of an address range has bits set beyond the prefix length"s};
    }
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& address) const {
  if (prefix < kMappedPrefix && address.is_ipv4()) {
    return false;
  }
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (!std::equal(first.bytes.begin(), first.bytes.begin() + whole, address.bytes.begin())) {
    return false;
  }
  const int rest = prefix % 8;
  return rest == 0 || ((first.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

}  // namespace leangate::transport
