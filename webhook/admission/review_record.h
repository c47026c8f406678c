// What is written down of each review: one log line and the metrics.
#pragma once

#include <chrono>

#include "policy/verdict.h"
#include "webhook/admission/review.h"
#include "webhook/observability/metrics.h"

namespace leangate::admission {

// Counts and logs a review that was judged. `enforced` is false under DryRun.
void record_review(const ReviewRequest& request,
                   const policy::Verdict& verdict,
                   bool enforced,
                   std::chrono::steady_clock::duration took,
                   observability::Metrics& metrics);

// Counts and logs a body that could not be judged; `decision` is what it was answered with.
void record_unread(const ReviewError& error,
                   std::string_view decision,
                   std::chrono::steady_clock::duration took,
                   observability::Metrics& metrics);

}  // namespace leangate::admission
