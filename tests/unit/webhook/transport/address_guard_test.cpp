#include "webhook/transport/address_guard.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "tests/support/catch.h"

namespace leangate::transport {
namespace {

// Any spelling the system's resolver takes, as a hostile reference may carry it.
std::string refusal(const AddressGuard& guard, const char* spelling, const HostAccess* access) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  REQUIRE(getaddrinfo(spelling, "443", &hints, &found) == 0);
  std::string result = guard.refusal(*found->ai_addr, access);
  freeaddrinfo(found);
  return result;
}

Cidr cidr(const char* text) {
  return Cidr::parse(text).value();
}

HostAccess trusted() {
  HostAccess access;
  access.configured = access.allow_private = access.allow_loopback = true;
  return access;
}

}  // namespace

TEST_CASE("no access reaches metadata, link-local, unspecified, multicast or reserved addresses",
          "[transport][guard]") {
  struct Case {
    const char* address;
    const char* reason;
  };
  const auto c = GENERATE(values<Case>({
      {"169.254.169.254", "link-local address"},
      {"0xa9fea9fe", "link-local address"},
      {"169.254.170.2", "link-local address"},
      {"::ffff:169.254.169.254", "link-local address"},
      {"::ffff:a9fe:a9fe", "link-local address"},
      {"64:ff9b::169.254.169.254", "link-local address"},
      {"2002:a9fe:a9fe::1", "link-local address"},
      {"fe80::1", "link-local address"},
      {"fd00:ec2::254", "metadata address"},
      {"fd20:ce::254", "metadata address"},
      {"100.100.100.200", "metadata address"},
      {"::ffff:100.100.100.200", "metadata address"},
      {"168.63.129.16", "metadata address"},
      {"192.0.0.192", "metadata address"},
      {"0.0.0.0", "unspecified address"},
      {"0", "unspecified address"},
      {"0.1.2.3", "unspecified address"},
      {"::", "unspecified address"},
      {"::ffff:0.0.0.0", "unspecified address"},
      {"64:ff9b::", "unspecified address"},
      {"2002::1", "unspecified address"},
      {"224.0.0.1", "multicast address"},
      {"239.255.255.255", "multicast address"},
      {"ff02::1", "multicast address"},
      {"2002:e000:1::", "multicast address"},
      {"240.0.0.1", "reserved address"},
      {"255.255.255.255", "reserved address"},
      {"192.0.2.1", "reserved address"},
      {"fec0::1", "reserved address"},
      {"::127.0.0.1", "reserved address"},
      {"::2", "reserved address"},
      {"64:ff9b:1::127.0.0.1", "reserved address"},
      {"2001:0:1::1", "reserved address"},
      {"2001:db8::1", "reserved address"},
      {"100::1", "reserved address"},
      {"4000::1", "reserved address"},
  }));
  CAPTURE(c.address);
  const AddressGuard guard{{cidr("0.0.0.0/0"), cidr("::/0")}, {}};
  const HostAccess access = trusted();
  CHECK(refusal(guard, c.address, &access) == c.reason);
  CHECK(refusal(guard, c.address, nullptr) == c.reason);
}

TEST_CASE("loopback opens to access that allows it, in every spelling", "[transport][guard]") {
  const char* address = GENERATE("127.0.0.1",
                                 "127.1",
                                 "0x7f.1",
                                 "0177.0.0.1",
                                 "2130706433",
                                 "127.255.255.254",
                                 "::1",
                                 "::ffff:127.0.0.1",
                                 "::ffff:7f00:1",
                                 "64:ff9b::7f00:1",
                                 "2002:7f00:1::");
  CAPTURE(address);
  const AddressGuard guard{{cidr("0.0.0.0/0"), cidr("::/0")}, {}};
  HostAccess access;
  access.configured = access.allow_private = true;
  CHECK(refusal(guard, address, nullptr) == "loopback address");
  CHECK(refusal(guard, address, &access) == "loopback address");
  access.allow_loopback = true;
  CHECK(refusal(guard, address, &access).empty());
}

TEST_CASE("private addresses open to access that allows them, or to the allow list",
          "[transport][guard]") {
  const char* address = GENERATE("10.0.0.1",
                                 "10.255.255.255",
                                 "172.16.0.1",
                                 "172.31.255.255",
                                 "192.168.1.1",
                                 "100.64.0.1",
                                 "100.127.255.255",
                                 "198.18.0.1",
                                 "fc00::1",
                                 "fd12:3456::1",
                                 "::ffff:10.0.0.1",
                                 "64:ff9b::10.0.0.1",
                                 "2002:c0a8:101::1");
  CAPTURE(address);
  HostAccess access;
  access.configured = access.allow_loopback = true;
  const AddressGuard closed{{}, {}};
  CHECK(refusal(closed, address, nullptr) == "private address");
  CHECK(refusal(closed, address, &access) == "private address");
  access.allow_private = true;
  CHECK(refusal(closed, address, &access).empty());
  const AddressGuard open{{cidr("0.0.0.0/0"), cidr("::/0")}, {}};
  CHECK(refusal(open, address, nullptr).empty());
}

TEST_CASE("public addresses need no permission", "[transport][guard]") {
  const char* address = GENERATE("1.1.1.1",
                                 "9.255.255.255",
                                 "11.0.0.0",
                                 "100.63.255.255",
                                 "100.128.0.0",
                                 "126.255.255.255",
                                 "128.0.0.0",
                                 "169.253.255.255",
                                 "169.255.0.0",
                                 "172.15.255.255",
                                 "172.32.0.0",
                                 "192.167.255.255",
                                 "192.169.0.0",
                                 "223.255.255.255",
                                 "2606:4700::1",
                                 "2a00:1450::1",
                                 "::ffff:1.1.1.1",
                                 "64:ff9b::1.1.1.1",
                                 "2002:101:101::1");
  CAPTURE(address);
  CHECK(refusal(AddressGuard{{}, {}}, address, nullptr).empty());
}

TEST_CASE("the allow list holds for the ranges in it only", "[transport][guard]") {
  const AddressGuard guard{{cidr("10.1.0.0/16"), cidr("fd00:1::/33")}, {}};
  CHECK(refusal(guard, "10.1.2.3", nullptr).empty());
  CHECK(refusal(guard, "::ffff:10.1.2.3", nullptr).empty());
  CHECK(refusal(guard, "10.2.0.0", nullptr) == "private address");
  CHECK(refusal(guard, "fd00:1:7fff::", nullptr).empty());
  CHECK(refusal(guard, "fd00:1:8000::", nullptr) == "private address");
}

TEST_CASE("the deny list wins over every permission", "[transport][guard]") {
  const AddressGuard guard{{cidr("10.0.0.0/8")},
                           {cidr("10.96.0.0/12"), cidr("8.8.8.8/32"), cidr("64:ff9b::/96")}};
  const HostAccess access = trusted();
  for (const char* address :
       {"10.96.0.1", "10.111.255.255", "8.8.8.8", "::ffff:8.8.8.8", "2002:808:808::"}) {
    CAPTURE(address);
    CHECK(refusal(guard, address, &access) == "address denied by configuration");
  }
  // The translated form is denied as such, although the address behind it is public.
  CHECK(refusal(guard, "64:ff9b::1.1.1.1", &access) == "address denied by configuration");
  CHECK(refusal(guard, "10.112.0.1", &access).empty());
  CHECK(refusal(guard, "8.8.8.9", nullptr).empty());
}

TEST_CASE("sockets of other families are no addresses", "[transport][guard]") {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  sockaddr address{};
  std::memcpy(&address, &local, sizeof address);
  const HostAccess access = trusted();
  CHECK(AddressGuard{{}, {}}.refusal(address, &access) == "not an IP address");
}

TEST_CASE("address ranges are read strictly", "[transport][guard]") {
  for (const char* text :
       {"0.0.0.0/0", "10.0.0.0/8", "1.2.3.4/32", "::/0", "fd00::/8", "::1/128"}) {
    CAPTURE(text);
    CHECK(Cidr::parse(text).has_value());
  }
  for (const char* text : {"",
                           "/",
                           "10.0.0.0",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/8x",
                           "10.0.0.0/ 8",
                           "10.0.0.0/2147483647",
                           "10.0.0.0/99999999999",
                           "10.0.0.1/8",
                           "10.0/8",
                           "0x0a.0.0.0/8",
                           "::/129",
                           "fd00::1/8",
                           "[fd00::]/8",
                           "fe80::%lo/10",
                           "localhost/8"}) {
    CAPTURE(text);
    CHECK_FALSE(Cidr::parse(text).has_value());
  }
}

TEST_CASE("an IPv6 range around the mapped addresses holds no IPv4 address", "[transport][guard]") {
  const AddressGuard guard{{}, {cidr("::/0")}};
  CHECK(refusal(guard, "1.1.1.1", nullptr).empty());
  CHECK(refusal(guard, "2606:4700::1", nullptr) == "address denied by configuration");
}

}  // namespace leangate::transport
