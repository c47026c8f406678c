// The rule kind `platforms`: what the reference offers to the nodes.
#pragma once

#include <vector>

#include "policy/rules/judgement.h"

namespace leangate::policy {

// `offered` is everything behind the reference, not only the platforms that are judged.
Judgement judge_platforms(const PlatformsRule& rule, const std::vector<Platform>& offered);

}  // namespace leangate::policy
