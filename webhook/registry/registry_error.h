// Why a registry could not be read.
#pragma once

#include <string>
#include <vector>

#include "policy/verdict.h"

namespace leangate::registry {

struct RegistryError {
  policy::LookupFailureKind kind = policy::LookupFailureKind::Unreachable;
  // The step, the host and what to do, on one line; no secret, nothing of a body.
  std::string detail;
  // What the reference offers instead, of kind NoSuchPlatform.
  std::vector<policy::Platform> offered = {};
};

}  // namespace leangate::registry
