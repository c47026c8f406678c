// A Kubernetes object -> the workload that policy judges: every image with its field path.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "policy/result.h"
#include "policy/workload.h"

namespace leangate::admission {

// "Deployment" -> WorkloadKind::Deployment; absent for kinds that hold no pod template we know.
std::optional<policy::WorkloadKind> workload_kind(std::string_view kind);

// Reads metadata.labels and, below the kind's pod template, containers, initContainers,
// ephemeralContainers and image volumes, and the pod's platform constraints (spec.os, nodeSelector,
// required node affinity on kubernetes.io/os and kubernetes.io/arch and their beta forms).
// In workload templates placeholder images ("" and Istio's "auto") are left out; in a pod they are
// kept. Members of unexpected type count as absent where Kubernetes would have refused them; a list
// of more than 1,000 images is an error.
Result<policy::Workload, std::string> read_workload(const nlohmann::json& object,
                                                    policy::WorkloadKind kind);

// Marks the images of `updated` that `old` already had (same container type and reference) as not
// new.
void mark_known_images(policy::Workload& updated, const policy::Workload& old);

}  // namespace leangate::admission
