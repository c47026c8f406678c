// Image manifests and indexes: OCI image-spec manifest.md and image-index.md, and Docker's schema 2
// with its manifest lists, which differ in the names of their media types only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/image_facts.h"
#include "policy/result.h"
#include "webhook/registry/registry_error.h"

namespace leangate::registry {

// All that may be asked for in one Accept header: a registry answers 404 for, or silently converts,
// what isn't listed.
inline constexpr std::string_view kAcceptedManifests =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

// image-spec descriptor.md
struct Descriptor {
  std::string media_type;
  std::string digest;
  std::uint64_t size = 0;
  std::string data;  // embedded content, verified against digest and size; empty when absent
};

struct Manifest {
  Descriptor config;
  bool is_image = false;  // false: an artifact, whose config says nothing about an image
  std::vector<policy::LayerFacts> layers;
  std::map<std::string, std::string> annotations;
};

struct IndexEntry {
  Descriptor descriptor;
  bool is_index = false;
  std::optional<policy::Platform> platform;  // normalised; absent when the entry doesn't say
};

// Entries that no runtime would run are left out: unknown media types, and "unknown/unknown", as
// BuildKit marks its attestations.
struct Index {
  std::vector<IndexEntry> entries;
};

using ManifestDocument = std::variant<Manifest, Index>;

// Reads a verified body. `described_type` is the media type of the descriptor that led here, empty
// for a tag; `content_type` the header of the answer. Kinds of error: Unreadable, Unsupported.
Result<ManifestDocument, RegistryError> read_manifest(std::string_view body,
                                                      std::string_view described_type,
                                                      std::string_view content_type);

}  // namespace leangate::registry
