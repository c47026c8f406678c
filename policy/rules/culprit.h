// The layer to blame, and the words for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "policy/rules/judgement.h"

namespace leangate::policy {

// Precondition: `layer` is an index of image.facts.layers.
CulpritLayer culprit_of(const PlatformImage& image, std::size_t layer);

// Precondition: the image has layers. Of equally large ones the lowest.
CulpritLayer largest_layer(const PlatformImage& image);

// The end of a sentence about the layer: ": RUN pip install -r requirements.txt", or the honest
// word about a history that doesn't name the instruction.
std::string instruction_clause(const CulpritLayer& culprit);

// What to change in the Dockerfile, as far as the instruction shows it: advice, no accusation.
// Falls back to what helps every image.
std::string advice_for(const CulpritLayer& culprit);

// "2.31 GiB compressed, 4.7 times the limit of 500 MiB" with "2.31 GiB compressed" as `what`;
// without a factor where it would read as one. `observed` exceeds `limit`.
std::string over_limit(const std::string& what, std::uint64_t observed, std::uint64_t limit);

// describe_bytes, but exact where both numbers would read the same.
std::string distinct_bytes(std::uint64_t bytes, std::uint64_t other);

}  // namespace leangate::policy
