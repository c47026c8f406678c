// What two requests must have in common to share an answer.
#pragma once

#include <string>

#include "webhook/inspection/image_inspector.h"

namespace leangate::inspection {

// Repository, who asks and for what platforms: everything but the tag or digest and the level.
std::string scope_key(const InspectionRequest& request);

std::string tag_key(const InspectionRequest& request);
std::string facts_key(const InspectionRequest& request,
                      const std::string& digest,
                      EvidenceLevel level);
// One lookup serves all requests with an equal key.
std::string lookup_key(const InspectionRequest& request);

}  // namespace leangate::inspection
