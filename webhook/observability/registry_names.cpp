#include "webhook/observability/registry_names.h"

namespace leangate::observability {
namespace {

constexpr std::size_t kMaxSeen = 50;
constexpr std::size_t kMaxLength = 261;  // a DNS name of 255, a colon and a port

bool plausible(std::string_view host) {
  return !host.empty() && host.size() <= kMaxLength &&
         host.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") ==
             std::string_view::npos;
}

}  // namespace

void RegistryNames::add(std::string_view host) {
  MutexLock lock{mutex_};
  configured_.emplace(host);
}

std::string RegistryNames::label(std::string_view host, bool answered) {
  MutexLock lock{mutex_};
  if (configured_.contains(host) || seen_.contains(host)) {
    return std::string{host};
  }
  if (answered && seen_.size() < kMaxSeen && plausible(host)) {
    return *seen_.emplace(host).first;
  }
  return "other";
}

}  // namespace leangate::observability
