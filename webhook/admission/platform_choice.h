// Which platforms of an image a workload is judged on.
#pragma once

#include <vector>

#include "policy/image_facts.h"
#include "policy/workload.h"

namespace leangate::admission {

// Those of `nodes` on which the constraints let the pod run. When that leaves none, the pod waits
// for nodes that the configuration doesn't know of: then what the constraints name is judged, with
// the nodes' own values for a part they leave open; at most 16 platforms.
std::vector<policy::Platform> platforms_of(const policy::PlatformConstraints& constraints,
                                           const std::vector<policy::Platform>& nodes);

}  // namespace leangate::admission
