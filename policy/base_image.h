// Finds what an image was built on, and says how it knows.
#pragma once

#include <string>

#include "policy/image_facts.h"
#include "policy/reference_data.h"
#include "policy/verdict.h"

namespace leangate::policy {

// The ladder, best evidence first:
//  1. layers: the image begins with all layers of a known base (proven). The longest chain wins;
//     bases with the same chain are one image with several names. The chain is compared by
//     diff_ids, which survive recompression; by layer digests when there are none.
//  2. annotation: org.opencontainers.image.base.name of the manifest, or the label of that name
//     (stated: whoever built the image wrote it, or an image further down did and it was
//     inherited). A digest beside a tag is dropped, so that patterns over tags apply. "scratch"
//     means what it means in a Dockerfile.
// No evidence gives method Unknown and an empty name; so does an annotation that is no reference.
// A known base with as many layers as the image itself is reported too: nothing was added to it.
BaseImage find_base(const ImageFacts& facts, const ReferenceData& reference);

// The text of the annotation or label, as it stands there; empty when there is none.
std::string stated_base(const ImageFacts& facts);

}  // namespace leangate::policy
