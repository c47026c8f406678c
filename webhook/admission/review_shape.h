// Which parts of an AdmissionReview are kept in memory.
#pragma once

#include "webhook/admission/pruned_json.h"

namespace leangate::admission {

// Of the whole review: its head, and of both objects what workload_shape() keeps.
const Shape& review_shape();

// Of an object of any kind that read_workload knows: whatever read_workload looks at.
const Shape& workload_shape();

}  // namespace leangate::admission
