// What the reviewer asks of the cluster. Without a cluster (file mode, command line) nothing is
// known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/workload.h"

namespace leangate::admission {

// Safe from any thread; answers from memory, never blocks on the network.
class ClusterFacts {
 public:
  virtual ~ClusterFacts() = default;
  virtual std::optional<policy::Labels> namespace_labels(
      const std::string& namespace_name) const = 0;
};

class NoClusterFacts final : public ClusterFacts {
 public:
  std::optional<policy::Labels> namespace_labels(const std::string&) const override {
    return std::nullopt;
  }
};

}  // namespace leangate::admission
