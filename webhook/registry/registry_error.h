// Why a registry could not be read.
#pragma once

#include <chrono>
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
  // How long asking again would bring the same answer; zero where it may help at once.
  std::chrono::seconds retry_after{0};
};

}  // namespace leangate::registry
