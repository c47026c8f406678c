// The names under which libcurl knows hosts that are dialled directly. They differ between classes
// of access: a connection that was vetted for one class isn't used again by another, nor its TLS
// session.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "webhook/transport/http_transport.h"
#include "webhook/transport/url.h"

namespace leangate::transport {

// For one thread.
class AccessClasses {
 public:
  // "c7.registry.example.invalid". No such name exists (RFC 2606), so libcurl can't look it up
  // should our addresses ever be lost.
  std::string dial_name(const Url& url, const HostAccess* access);

 private:
  using Key = std::tuple<bool, bool, bool, std::string, std::string, std::string>;
  std::map<Key, std::uint64_t> numbers_;
  std::uint64_t last_ = 0;
};

}  // namespace leangate::transport
