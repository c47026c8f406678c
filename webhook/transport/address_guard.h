// Which addresses may be dialled. Judged on the address itself, whatever name or spelling led to
// it.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "webhook/transport/http_transport.h"

namespace leangate::transport {

// An address range, "10.0.0.0/8" or "fd00::/8". IPv4 addresses are in IPv4 ranges only: "::/0"
// holds none.
struct Cidr {
  unsigned char bytes[16] = {};  // IPv4 as IPv4-mapped
  int prefix = 0;                // bits of the 128

  static Result<Cidr, std::string> parse(std::string_view text);
  bool contains(const unsigned char (&address)[16]) const;
};

// Immutable after construction, safe from any thread.
class AddressGuard {
 public:
  AddressGuard(std::vector<Cidr> allow, std::vector<Cidr> deny);

  // Empty when the address may be dialled under `access`, else why not ("loopback address").
  // IPv4-mapped, NAT64 (64:ff9b::/96) and 6to4 forms are decoded first. Never allowed: link-local
  // and metadata, unspecified, multicast, reserved, the deny list. The allow list lets private
  // addresses through for any host, and nothing else.
  std::string refusal(const sockaddr& address, const HostAccess* access) const;

 private:
  std::string class_refusal(const unsigned char (&address)[16], const HostAccess* access) const;

  std::vector<Cidr> allow_;
  std::vector<Cidr> deny_;
};

}  // namespace leangate::transport
