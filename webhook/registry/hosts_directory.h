// The folder that containerd's config_path names, in leangate's own copy: for each registry a
// folder with a hosts.toml, which says where its content is asked for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policy/document_tree.h"
#include "policy/result.h"
#include "webhook/registry/hosts_toml.h"

namespace leangate::registry {

// Immutable once it is read.
struct HostsDirectory {
  // By the registry's host[:port] as references have it.
  std::map<std::string, HostsFile> registries;
  // Of "_default": for the registries without a folder of their own. Null: there is none.
  std::unique_ptr<HostsFile> others;

  // Null: the registry is asked itself.
  const HostsFile* find(const std::string& domain) const;
};

// Reads DIR/NAME/hosts.toml for every NAME: "host", "host:port" or, which wins, "host_port_", and
// "_default". All mistakes of all files are found. Folders without a hosts.toml are passed over,
// unless they hold certificates, which are read for nobody here. Never throws.
Result<HostsDirectory, std::vector<policy::Mistake>> read_hosts_directory(const std::string& path);

}  // namespace leangate::registry
