// The config blob of an image (OCI image-spec config.md), as far as policy needs it.
#pragma once

#include <string>
#include <string_view>

#include "policy/image_facts.h"
#include "policy/result.h"

namespace leangate::registry {

struct ImageConfigDocument {
  policy::ImageConfig config;
  policy::Platform platform;  // normalised; empty members where the config doesn't say
};

// Reads a verified body. Texts are cut at kMaxTextBytes; a date that makes no sense is absent. The
// error says what is wrong, in one sentence.
Result<ImageConfigDocument, std::string> read_image_config(std::string_view body);

}  // namespace leangate::registry
