// What two requests must have in common to share an answer. Facts are keyed by their repository and
// content and shared by all who may read there; names (tags, and digests as names) by who asks, so
// that what one set of credentials may see is never told to another. Content alone would be no key:
// whoever runs a registry of his own could say there that any digest is his to read.
#pragma once

#include <string>

#include "webhook/inspection/image_inspector.h"

namespace leangate::inspection {

struct RequestKeys {
  std::string name;    // who asks, and his tag or digest
  std::string lookup;  // name, platforms and level: one lookup serves all with an equal key
  std::string host;    // the registry and the credentials, which it may slow down together
};

RequestKeys keys_of(const InspectionRequest& request);

// Who asks, and this digest as the name.
std::string digest_name_key(const InspectionRequest& request, const std::string& digest);

// The facts of the image behind `digest` in the request's repository, for the request's platforms,
// read to `level`.
std::string facts_key(const InspectionRequest& request,
                      const std::string& digest,
                      EvidenceLevel level);

}  // namespace leangate::inspection
