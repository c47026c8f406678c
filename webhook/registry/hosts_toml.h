// containerd's hosts.toml (containerd docs/hosts.md): which servers are asked for the content of
// one registry, and in what order. Where containerd falls back in silence, this is a mistake.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document_tree.h"
#include "policy/result.h"
#include "webhook/transport/http_transport.h"
#include "webhook/transport/url.h"

namespace leangate::registry {

// One server, and how it is asked.
struct ConfiguredHost {
  // The target is the root of its API: "/v2", or what override_path says, without a final slash.
  // No host: the registry's own.
  transport::Url base;
  bool may_pull = true;     // content by digest
  bool may_resolve = true;  // what a tag names
  std::string ca_file;
  std::string client_cert_file;
  std::string client_key_file;
  std::vector<transport::Header> headers;  // sent to this server only; may be secrets
};

struct HostsFile {
  std::vector<ConfiguredHost> hosts;  // asked first, in this order
  ConfiguredHost server;              // asked last
};

// Whether a file that the text names can be read.
using IsReadable = std::function<bool(const std::string& path)>;

// Relative paths in the text are relative to the folder of `file`. All mistakes but those of syntax
// are found at once. Refused on purpose: skip_verify, because a registry that isn't verified proves
// nothing; an authorization header, because credentials are kept in one place; more than one file
// of authorities or client certificate; unknown fields. Never throws.
Result<HostsFile, std::vector<policy::Mistake>> read_hosts_toml(std::string_view text,
                                                                const std::string& file,
                                                                const IsReadable& is_readable);

}  // namespace leangate::registry
