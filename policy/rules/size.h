// The rule kind `size`: bytes that every node pulls.
#pragma once

#include "policy/rules/judgement.h"

namespace leangate::policy {

// A finding for the sum, and one for every layer above its own limit; equal to the limit is within.
Judgement judge_size(const SizeRule& rule, const PlatformImage& image);

}  // namespace leangate::policy
