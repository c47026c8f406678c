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
  int status = 0;  // of the answer that was the reason; 0: it was none
};

}  // namespace leangate::registry
