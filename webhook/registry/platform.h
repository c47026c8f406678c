// Platforms as containerd compares them: what a node of one platform would pick from an index.
#pragma once

#include <optional>
#include <vector>

#include "policy/image_facts.h"

namespace leangate::registry {

// One spelling for each platform: x86_64 is amd64, aarch64 and arm64/v8 are arm64, arm is arm/v7.
policy::Platform normalised(policy::Platform platform);

// How well an image runs on a node: 0 for the node's own platform, more for what it can run as
// well (386 on amd64, arm/v7 on arm64), nothing for what it can't. Both normalised.
std::optional<int> platform_rank(const policy::Platform& node, const policy::Platform& image);

}  // namespace leangate::registry
