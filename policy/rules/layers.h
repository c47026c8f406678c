// The rule kind `layers`: how many there are and of what make.
#pragma once

#include "policy/rules/judgement.h"

namespace leangate::policy {

// A finding for the number, and one for each denied media type that occurs.
Judgement judge_layers(const LayersRule& rule, const PlatformImage& image);

}  // namespace leangate::policy
