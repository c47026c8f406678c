// What "python:3.13" means: an image reference parsed and normalised as the kubelet and containerd
// do it (the grammar of distribution/reference; a CRI runtime reads no other).
#pragma once

#include <cstddef>
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

  // "docker.io/library/python". A host that would read as a Docker Hub account without its root dot
  // keeps it: "registry./python" for the host "registry".
  std::string repository() const;
  // "docker.io/library/python:3.13" or "...@sha256:..."; parses back to an equal reference.
  std::string str() const;

  bool operator==(const ImageReference&) const = default;
};

// Parses and normalises: an unqualified name gets `unqualified_host` (and "library/" on docker.io),
// index.docker.io becomes docker.io, the host is folded to lower case without its trailing dot, a
// name with neither tag nor digest gets "latest". `unqualified_host` is a value that
// parse_registry_host gave. The error is a sentence for the person who wrote the reference, without
// a capital or a full stop, so that it can follow a colon; it holds printable ASCII only.
//
// Stricter than the grammar where TCP and IP are: ports are 1 to 65535 without leading zeros, an
// address in brackets has a colon. Laxer in one place: a host may end in a dot.
Result<ImageReference, std::string> parse_image_reference(
    std::string_view text, std::string_view unqualified_host = "docker.io");

// Reads the host[:port] of a registry, as it stands in front of a path, into the form that
// ImageReference::domain has: "Registry.example.:5000" -> "registry.example:5000".
Result<std::string, std::string> parse_registry_host(std::string_view text);

// True for "sha256:" and 64, or "sha512:" and 128, lower-case hexadecimal digits.
bool is_digest(std::string_view text);

}  // namespace leangate::policy
