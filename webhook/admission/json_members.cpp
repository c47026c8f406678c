#include "webhook/admission/json_members.h"

#include <nlohmann/json.hpp>

namespace leangate::admission {

using nlohmann::json;

const json& member(const json& value, std::string_view name) {
  static const json kNull;
  const auto found = value.find(name);
  return found != value.end() ? *found : kNull;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string{};
}

const json& list_of(const json& value) {
  static const json kEmpty = json::array();
  return value.is_array() ? value : kEmpty;
}

}  // namespace leangate::admission
