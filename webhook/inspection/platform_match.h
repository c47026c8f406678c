// Which entries of an index a cluster's nodes would run.
#pragma once

#include <cstddef>
#include <vector>

#include "policy/image_facts.h"
#include "webhook/inspection/image_inspector.h"

namespace leangate::inspection {

// The indexes of those platforms of `offered` (normalised, in the order of the index) that the
// choice wants, each once, in that order. For every wanted platform containerd takes the best match
// and of equal ones the first; Windows images of equal rank differ in the version of the system,
// which nobody knows beforehand, so that all of them count.
std::vector<std::size_t> chosen_platforms(const PlatformChoice& choice,
                                          const std::vector<policy::Platform>& offered);

}  // namespace leangate::inspection
