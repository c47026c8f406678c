// The images of a golden case, written down as briefly as they can be.
//
//   {"registry.example/ml/api:1.4": {"platforms": [
//      {"platform": "linux/amd64",
//       "layers": [{"size": "30Mi", "createdBy": "RUN ...", "id": "debian", "mediaType": "..."}],
//       "annotations": {}, "config": {"user": "1000", "labels": {}, "env": [], "created":
//       "..."}}]},
//    "registry.example/gone:1": {"failure": {"kind": "Timeout", "detail": "...", "public": "..."}}}
//
// Layers with the same id are the same layer everywhere. `createdBy` becomes the history, unless
// the config has a "history" of its own. Without "config" the image has none, as an OCI artifact.
// An instant in "staleSince" beside the platforms makes the evidence old: the registry can't be
// read.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "policy/evaluate.h"
#include "policy/reference_data.h"

namespace leangate::golden {

std::map<std::string, policy::ImageEvidence> read_images(const nlohmann::json& images);

// The images that `names` lists, as bases whose layers are known.
policy::ReferenceData known_bases(const std::map<std::string, policy::ImageEvidence>& images,
                                  const nlohmann::json& names);

}  // namespace leangate::golden
