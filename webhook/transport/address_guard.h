// Which addresses may be dialled. Judged on the address itself, whatever name or spelling led to
// it.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "webhook/transport/http_transport.h"
#include "webhook/transport/ip_address.h"

namespace leangate::transport {

// Immutable after construction, safe from any thread.
class AddressGuard {
 public:
  AddressGuard(std::vector<Cidr> allow, std::vector<Cidr> deny);

  // Empty when the address may be dialled under `access`, else why not ("loopback address").
  // IPv4-mapped, NAT64 (64:ff9b::/96) and 6to4 forms are decoded first. Never allowed: link-local
  // and metadata, unspecified, multicast, reserved, the deny list. The allow list lets private
  // addresses through for any host, and nothing else.
  std::string refusal(const IpAddress& address, const HostAccess* access) const;
  // Of a socket that is about to be opened; those that aren't IP are refused.
  std::string refusal(const sockaddr& address, const HostAccess* access) const;

 private:
  std::string class_refusal(const IpAddress& address, const HostAccess* access) const;

  std::vector<Cidr> allow_;
  std::vector<Cidr> deny_;
};

}  // namespace leangate::transport
