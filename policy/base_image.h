// Finds what an image was built on, and says how it knows.
#pragma once

#include <cstddef>
#include <string>

#include "policy/image_facts.h"
#include "policy/reference_data.h"
#include "policy/verdict.h"

namespace leangate::policy {

// The ladder, best evidence first:
//  1. layers: the image begins with all layers of a known base (proven). The longest chain wins.
//  2. annotation: org.opencontainers.image.base.name of the manifest, or the label of that name
//     (stated: whoever built the image wrote it).
// No evidence gives method Unknown and an empty name. An image never is its own base: a known base
// with as many layers as the image itself is reported, for then nothing was added to it.
BaseImage find_base(const ImageFacts& facts, const ReferenceData& reference);

}  // namespace leangate::policy
