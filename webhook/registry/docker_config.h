// The operator's docker config.json -> credentials.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "webhook/inspection/image_inspector.h"

namespace leangate::registry {

// Reads {"auths": {key: {auth | username, password, identitytoken}}}; `auth` overrides the pair.
// Entries that make no sense are left out; the error is one sentence without any secret.
Result<std::vector<inspection::Credential>, std::string> read_docker_config(std::string_view json);

// The same for the older form, {key: {...}}, of secrets of type kubernetes.io/dockercfg.
Result<std::vector<inspection::Credential>, std::string> read_dockercfg(std::string_view json);

}  // namespace leangate::registry
