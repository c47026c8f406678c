// What an image holds as few bytes as can be: in memory beside tens of thousands of others, and on
// disk, where the same bytes survive a restart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/evaluate.h"
#include "policy/reference_data.h"

namespace leangate::inspection {

// Facts as bytes: a version, then digests in binary, the rest as counted text, all deflated.
// Failures are not facts and have no encoding: nullopt, as for evidence of more than 16 MiB.
std::optional<std::string> encode_evidence(const policy::ImageEvidence& evidence);

// What encode_evidence made into bytes. Nullopt for anything else, whoever wrote it: of another
// version, cut, changed, or growing beyond its bound.
std::optional<policy::ImageEvidence> decode_evidence(std::string_view bytes);

// The same for a base image's name and layers.
std::optional<std::string> encode_base(const policy::KnownBase& base);
std::optional<policy::KnownBase> decode_base(std::string_view bytes);

}  // namespace leangate::inspection
