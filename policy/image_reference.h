// What "python:3.13" means: an image reference parsed and normalised as the kubelet and containerd
// do it (distribution/reference grammar; requirements and traps: policy/README.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace leangate::policy {

// Raw text above this length is refused before it is looked at.
inline constexpr std::size_t kMaxReferenceLength = 4096;

struct ImageReference {
  std::string domain;              // "docker.io", "registry.example:5000", "[::1]:5000"; lower case
  std::string path;                // "library/python"
  std::optional<std::string> tag;  // absent when there is a digest: the runtime ignores it then
  std::optional<std::string> digest;  // "sha256:<64 hex>" or "sha512:<128 hex>"

  // "docker.io/library/python"
  std::string repository() const { return domain + "/" + path; }
  // "docker.io/library/python:3.13" or "...@sha256:..."; parses back to an equal reference.
  std::string str() const;

  bool operator==(const ImageReference&) const = default;
};

// Parses and normalises: an unqualified name gets `unqualified_host` (and "library/" on docker.io),
// index.docker.io becomes docker.io, the host is folded to lower case without its trailing dot, a
// name with neither tag nor digest gets "latest". The error is a sentence for the person who wrote
// the reference.
Result<ImageReference, std::string> parse_image_reference(
    std::string_view text, std::string_view unqualified_host = "docker.io");

// True for "sha256:" and 64, or "sha512:" and 128, lower-case hexadecimal digits.
bool is_digest(std::string_view text);

}  // namespace leangate::policy
