// Small images made by hand: any bytes as layers, with the right digests around them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/image_facts.h"

namespace leangate::fakes {

struct Blob {
  std::string media_type;
  std::string bytes;
  std::string digest;
};

struct ImageSpec {
  policy::Platform platform{"linux", "amd64", ""};
  std::vector<std::string> layers{"first layer", "second layer"};
  bool docker = false;  // Docker's schema 2 instead of OCI's
  std::string user;
  // Empty: an image; else an artifact with a config of this type.
  std::string artifact_config_type;
};

struct BuiltImage {
  Blob manifest;
  Blob config;
  std::vector<Blob> layers;
};

BuiltImage build_image(const ImageSpec& spec);

struct IndexMember {
  Blob document;  // a manifest, or another index
  std::optional<policy::Platform> platform;
  bool embed = false;  // the document itself in the descriptor's `data`
};

Blob build_index(const std::vector<IndexMember>& members);

// As BuildKit adds it: {"unknown", "unknown"}.
IndexMember attestation_for(const BuiltImage& image);

Blob make_blob(const std::string& media_type, const std::string& bytes);

// Puts the image, or the index with the images it names, into the registry that answers plain HTTP
// without credentials at 127.0.0.1:`port`. Throws when the registry refuses.
void push_image(std::uint16_t port,
                const std::string& repository,
                const std::string& tag,
                const BuiltImage& image);
void push_document(std::uint16_t port,
                   const std::string& repository,
                   const std::string& tag,
                   const Blob& document);

}  // namespace leangate::fakes
