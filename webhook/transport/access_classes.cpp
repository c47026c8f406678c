#include "webhook/transport/access_classes.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace leangate::transport {
namespace {

constexpr std::size_t kMaxClasses = 1024;

}  // namespace

std::string AccessClasses::dial_name(const Url& url, const HostAccess* access) {
  Key key;
  if (access != nullptr) {
    key = {true,
           access->allow_private,
           access->allow_loopback,
           access->ca_file,
           access->client_cert_file,
           access->client_key_file};
  }
  if (numbers_.size() >= kMaxClasses) {
    numbers_.clear();  // costs reuse; numbers aren't given twice
  }
  const auto [entry, inserted] = numbers_.emplace(std::move(key), last_ + 1);
  last_ += inserted ? 1 : 0;
  std::string host = url.host;
  const bool ipv6 = host.find(':') != std::string::npos;
  std::replace(host.begin(), host.end(), ':', '-');
  return (ipv6 ? "v" : "c") + std::to_string(entry->second) + "." + host + ".invalid";
}

}  // namespace leangate::transport
