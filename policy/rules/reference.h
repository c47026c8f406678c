// The rule kind `reference`: how the pod names its image. Needs no registry.
#pragma once

#include "policy/image_reference.h"
#include "policy/rules/judgement.h"

namespace leangate::policy {

// A reference with a digest has no tag (see ImageReference): denyTags is then silent.
Judgement judge_reference(const ReferenceRule& rule, const ImageReference& reference);

}  // namespace leangate::policy
