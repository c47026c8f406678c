// What an image's facts cost in memory.
#pragma once

#include <cstddef>

#include "policy/evaluate.h"

namespace leangate::inspection {

// An estimate on the high side: objects, text on the heap, nodes of maps.
std::size_t memory_of(const policy::ImageEvidence& evidence);

}  // namespace leangate::inspection
