#include "webhook/transport/known_hosts.h"

#include <algorithm>

#include "webhook/support/resolver.h"

namespace leangate::transport {
namespace {

constexpr std::size_t kMaxHosts = 1024;
// The registries of one cloud may share a zone: an account's in a few regions, and their blobs.
constexpr std::ptrdiff_t kMaxOfZone = 32;

}  // namespace

void KnownHosts::remember(const std::string& host) {
  if (!hosts_.insert(host).second) {
    return;
  }
  const auto in_zone = [zone = zone_of(host)](const std::string& other) {
    return zone_of(other) == zone;
  };
  auto oldest = order_.end();
  if (std::count_if(order_.begin(), order_.end(), in_zone) >= kMaxOfZone) {
    oldest = std::find_if(order_.begin(), order_.end(), in_zone);
  } else if (order_.size() >= kMaxHosts) {
    oldest = order_.begin();
  }
  if (oldest != order_.end()) {
    hosts_.erase(*oldest);
    order_.erase(oldest);
  }
  order_.push_back(host);
}

}  // namespace leangate::transport
