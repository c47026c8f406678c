// Which hosts a proxy may be asked for. Through a proxy the peer's address is never seen, so the
// name is judged instead, before anything is asked.
#pragma once

#include <string>

#include "webhook/transport/address_guard.h"
#include "webhook/transport/http_transport.h"

namespace leangate::transport {

// Empty when `host`, as Url holds it, may be asked for under `access`, else why not ("loopback
// name"). Addresses in any spelling are judged by the guard. Of names: never those of metadata
// services; loopback names where `access` allows loopback; names that only a private network
// resolves where it allows private addresses. A name of the public DNS that leads into a private
// network can't be told: that is the proxy's to refuse.
std::string refusal_of_host(const std::string& host,
                            const HostAccess* access,
                            const AddressGuard& guard);

}  // namespace leangate::transport
