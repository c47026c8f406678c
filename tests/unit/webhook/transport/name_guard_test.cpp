#include "webhook/transport/name_guard.h"

#include <string>

#include "tests/support/catch.h"
#include "webhook/transport/url.h"

namespace leangate::transport {
namespace {

HostAccess access_of(bool allow_private, bool allow_loopback) {
  HostAccess access;
  access.configured = true;
  access.allow_private = allow_private;
  access.allow_loopback = allow_loopback;
  return access;
}

// As the host arrives: through the parser of URLs.
std::string refusal(const std::string& host,
                    const HostAccess* access,
                    const AddressGuard& guard = AddressGuard{{}, {}}) {
  return refusal_of_host(parse_url("https://" + host + "/").value().host, access, guard);
}

}  // namespace

TEST_CASE("a proxy is asked for public names", "[transport][names]") {
  const char* host = GENERATE("ghcr.io",
                              "registry-1.docker.io",
                              "a.b.c.example.com",
                              "internal.example.com",
                              "localhost.example.com",
                              "svc.example.com",
                              "kubernetes.default.example.com",
                              "my-localhost.io",
                              "cluster.local.example",
                              "1.example",
                              "0x7f.example",
                              "1.1.1.1",
                              "0x1.0x1.0x1.0x1",
                              "[2606:4700::1]");
  CAPTURE(host);
  CHECK(refusal(host, nullptr).empty());
}

TEST_CASE("a proxy is asked for no address that wouldn't be dialled, in any spelling",
          "[transport][names]") {
  struct Case {
    const char* host;
    const char* reason;
  };
  const auto c = GENERATE(values<Case>({
      {"127.0.0.1", "loopback address"},
      {"127.0.0.1.", "loopback address"},
      {"127.1", "loopback address"},
      {"0x7f.1", "loopback address"},
      {"0X7F000001", "loopback address"},
      {"2130706433", "loopback address"},
      {"0177.0.0.1", "loopback address"},
      {"[::1]", "loopback address"},
      {"[::ffff:127.0.0.1]", "loopback address"},
      {"[::ffff:7f00:1]", "loopback address"},
      {"[64:ff9b::7f00:1]", "loopback address"},
      {"[2002:7f00:1::]", "loopback address"},
      {"0", "unspecified address"},
      {"0.0.0.0", "unspecified address"},
      {"[::]", "unspecified address"},
      {"169.254.169.254", "link-local address"},
      {"2852039166", "link-local address"},
      {"0xa9fea9fe", "link-local address"},
      {"[::ffff:169.254.169.254]", "link-local address"},
      {"[fd00:ec2::254]", "metadata address"},
      {"10.1", "private address"},
      {"192.168.257", "private address"},
      {"[fd12::1]", "private address"},
      {"255.255.255.255", "reserved address"},
      {"9.9.9.9", "address denied by configuration"},
      // No address to one parser, and an address to another.
      {"1.2.3.4.5", "malformed address"},
      {"256.256.256.256", "malformed address"},
      {"127.0.0.08", "malformed address"},
      {"evil.127", "malformed address"},
      {"evil.0x7f000001", "malformed address"},
      {"evil.0x", "malformed address"},
      {"99999999999", "malformed address"},
  }));
  CAPTURE(c.host);
  const AddressGuard guard{{}, {Cidr::parse("9.9.9.9/32").value()}};
  CHECK(refusal(c.host, nullptr, guard) == c.reason);
}

TEST_CASE("names of private networks need access to these, loopback names to loopback",
          "[transport][names]") {
  struct Case {
    const char* host;
    const char* reason;
  };
  const auto c = GENERATE(values<Case>({
      {"localhost", "loopback name"},
      {"LOCALHOST.", "loopback name"},
      {"a.b.localhost", "loopback name"},
      {"localhost.localdomain", "loopback name"},
      {"ip6-localhost", "loopback name"},
      {"kubernetes.default", "name of a private network"},
      {"kubernetes.default.svc", "name of a private network"},
      {"Kubernetes.Default.SVC.", "name of a private network"},
      {"registry.kube-system.svc", "name of a private network"},
      {"registry.kube-system.svc.cluster.local", "name of a private network"},
      {"ip-10-0-0-1.ec2.internal", "name of a private network"},
      {"registry", "name of a private network"},
      {"internal", "name of a private network"},
  }));
  CAPTURE(c.host);
  const bool loopback = std::string{c.reason} == "loopback name";
  const HostAccess none = access_of(false, false);
  const HostAccess other = access_of(loopback, !loopback);
  const HostAccess right = access_of(!loopback, loopback);
  CHECK(refusal(c.host, nullptr) == c.reason);
  CHECK(refusal(c.host, &none) == c.reason);
  CHECK(refusal(c.host, &other) == c.reason);
  CHECK(refusal(c.host, &right).empty());
}

TEST_CASE("nobody asks a proxy for a metadata service", "[transport][names]") {
  const char* host = GENERATE("metadata.google.internal",
                              "METADATA.google.INTERNAL.",
                              "metadata.goog",
                              "metadata.azure.internal",
                              "instance-data",
                              "instance-data.ec2.internal");
  CAPTURE(host);
  const HostAccess access = access_of(true, true);
  CHECK(refusal(host, &access) == "metadata name");
}

}  // namespace leangate::transport
