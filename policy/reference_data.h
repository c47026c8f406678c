// What the outside world taught us, handed to evaluate as data: known base images.
#pragma once

#include <string>
#include <vector>

namespace leangate::policy {

// A base image whose layers are known: an image that begins with all of them, in order, is proven
// to be built on it. The diff_ids (uncompressed digests) survive recompression; the layer digests
// serve images whose config can't be read.
struct KnownBase {
  std::string name;  // normalised reference, "docker.io/library/python:3.13-slim"
  std::vector<std::string> diff_ids;
  std::vector<std::string> layer_digests;
};

struct ReferenceData {
  std::vector<KnownBase> bases;
};

}  // namespace leangate::policy
