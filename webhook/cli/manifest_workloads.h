// Kubernetes manifests -> the workloads in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "policy/workload.h"
#include "webhook/cli/configuration.h"

namespace leangate::cli {

struct SourcedWorkload {
  std::string source;  // "deploy.yaml: Deployment/api"
  policy::Workload workload;
};

// Reads YAML or JSON, several documents, kind List. Objects without a pod template are passed over.
// A manifest is hostile input in CI: it is read with document_tree's limits. `namespace_name`
// counts where the manifest names none.
Result<std::vector<SourcedWorkload>, Mistakes> read_manifest(std::string_view text,
                                                             const std::string& file,
                                                             const std::string& namespace_name);

}  // namespace leangate::cli
