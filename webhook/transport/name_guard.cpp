#include "webhook/transport/name_guard.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

namespace leangate::transport {
namespace {

// Instance metadata by name: credentials for whoever can reach it.
constexpr std::string_view kMetadata[] = {
    "metadata.google.internal",
    "metadata.goog",
    "metadata.azure.internal",
    "instance-data",  // AWS
    "instance-data.ec2.internal",
};
// RFC 6761 6.3, and what distributions write into /etc/hosts.
constexpr std::string_view kLoopback[] = {
    "localhost",
    "*.localhost",
    "localhost.localdomain",
    "localhost6",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
};
constexpr std::string_view kPrivate[] = {
    "*.internal",  // reserved for private use (ICANN), and what clouds name their machines
    "*.svc",       // Kubernetes' Services, by the search domains of a pod and in full
    "*.cluster.local",
    "kubernetes.default",
};

bool matches(std::string_view rule, std::string_view host) {
  if (rule.front() != '*') {
    return rule == host;
  }
  return host.ends_with(rule.substr(1));
}

template <std::size_t Count>
bool in_any(const std::string_view (&rules)[Count], std::string_view host) {
  return std::any_of(std::begin(rules), std::end(rules), [host](std::string_view rule) {
    return matches(rule, host);
  });
}

// Some parsers take "1.2.3.08" or "0x7f.1.x.2" for addresses and others don't. No top-level domain
// is a number (RFC 3696 2), so nothing is lost.
bool ends_in_number(std::string_view host) {
  const std::string_view label = host.substr(host.rfind('.') + 1);
  constexpr std::string_view kDigits = "0123456789";
  return label.find_first_not_of(kDigits) == std::string_view::npos ||
         (label.starts_with("0x") &&
          label.substr(2).find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

}  // namespace

std::string refusal_of_host(const std::string& host,
                            const HostAccess* access,
                            const AddressGuard& guard) {
  if (const std::optional<IpAddress> address = IpAddress::parse(host)) {
    return guard.refusal(*address, access);
  }
  if (ends_in_number(host)) {
    return "malformed address";
  }
  if (in_any(kMetadata, host)) {
    return "metadata name";
  }
  if (in_any(kLoopback, host)) {
    return access != nullptr && access->allow_loopback ? "" : "loopback name";
  }
  if (in_any(kPrivate, host) || host.find('.') == std::string::npos) {
    return access != nullptr && access->allow_private ? "" : "name of a private network";
  }
  return "";
}

}  // namespace leangate::transport
