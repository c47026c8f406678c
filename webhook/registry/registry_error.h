// Why a registry could not be read.
#pragma once

#include <string>

#include "policy/verdict.h"

namespace leangate::registry {

struct RegistryError {
  policy::LookupFailureKind kind = policy::LookupFailureKind::Unreachable;
  // The step, the host and what to do, on one line; no secret, nothing of a body.
  std::string detail;
};

}  // namespace leangate::registry
