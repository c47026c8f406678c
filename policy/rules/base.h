// The rule kind `base`: what the image was built on.
#pragma once

#include "policy/rules/judgement.h"

namespace leangate::policy {

// Deny wins over allow. A base with several names is denied by any of them and allowed by any.
Judgement judge_base(const BaseRule& rule, const PlatformImage& image);

}  // namespace leangate::policy
