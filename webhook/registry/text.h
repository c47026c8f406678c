// Small tools for text that comes from strangers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leangate::registry {

// ASCII only, as host names, schemes and media types are compared.
std::string lower_case(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

std::string_view trim(std::string_view text);

// At most `limit` bytes, cut between characters of UTF-8.
std::string cut(std::string_view text, std::size_t limit);

// For messages: control characters and bytes beyond ASCII become '?', at most 256 bytes.
std::string printable(std::string_view text);

// "application/json; charset=utf-8" -> "application/json"
std::string media_type_of(std::string_view content_type);

// RFC 4648 4, with padding.
std::string encode_base64(std::string_view bytes);
// Refuses everything but the canonical form; padding may be missing altogether. Empty for empty.
std::optional<std::string> decode_base64(std::string_view text);
// As Go's encoding/base64 reads it, which the node does: line ends and bits left over don't count.
std::optional<std::string> decode_base64_as_go(std::string_view text);

}  // namespace leangate::registry
