// Looks into JSON of unknown shape without ever failing: what isn't there, or is of another type,
// is absent.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace leangate::admission {

// The member of that name; null when there is none, and for values that have no members. The
// reference lives as long as `value`.
const nlohmann::json& member(const nlohmann::json& value, std::string_view name);

// The text of a string; empty for anything else.
std::string text_of(const nlohmann::json& value);

// The value itself when it is an array, otherwise an empty array.
const nlohmann::json& list_of(const nlohmann::json& value);

}  // namespace leangate::admission
