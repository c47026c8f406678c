// Content digests (OCI image-spec descriptor.md): nothing a registry sends is believed before its
// bytes hash to what was asked for.
#pragma once

#include <string>
#include <string_view>

namespace leangate::registry {

// "sha256:<64 hex>"
std::string sha256_digest(std::string_view bytes);

// Whether the bytes hash to the digest, sha256 or sha512; false for text that is no digest.
bool has_digest(std::string_view bytes, std::string_view digest);

}  // namespace leangate::registry
