#include "webhook/registry/json_tree.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "webhook/registry/limits.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using Json = nlohmann::json;
constexpr std::uint64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();

// Builds the tree from the parser's events, and stops it at the first bound.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add({}); }
  bool boolean(bool value) override {
    JsonValue node;
    node.kind = JsonValue::Kind::Boolean;
    node.integer = value ? 1 : 0;
    return add(std::move(node));
  }
  bool number_integer(number_integer_t) override { return add_other_number(); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > kMaxInteger) {
      return add_other_number();
    }
    JsonValue node;
    node.kind = JsonValue::Kind::Integer;
    node.integer = value;
    return add(std::move(node));
  }
  bool number_float(number_float_t, const string_t&) override { return add_other_number(); }
  bool string(string_t& value) override {
    JsonValue node;
    node.kind = JsonValue::Kind::String;
    node.text = std::move(value);
    return add(std::move(node));
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(JsonValue::Kind::Object); }
  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(JsonValue::Kind::Array); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception&) override {
    problem_.add("no valid JSON at byte " + std::to_string(position));
    return false;
  }

  JsonValue take() { return std::move(root_); }
  const Problem& problem() const { return problem_; }

 private:
  struct Open {
    JsonValue value;
    std::string key;  // of the member that comes next
  };

  bool add_other_number() {
    JsonValue node;
    node.kind = JsonValue::Kind::OtherNumber;
    return add(std::move(node));
  }

  bool open(JsonValue::Kind kind) {
    if (open_.size() >= kMaxJsonDepth) {
      problem_.add("JSON nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
      return false;
    }
    open_.emplace_back();
    open_.back().value.kind = kind;
    return true;
  }

  bool close() {
    JsonValue value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  bool add(JsonValue value) {
    if (++nodes_ > kMaxJsonNodes) {
      problem_.add("JSON of more than " + std::to_string(kMaxJsonNodes) + " values");
      return false;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Open& parent = open_.back();
    if (parent.value.kind == JsonValue::Kind::Array) {
      parent.value.items.push_back(std::move(value));
    } else {
      parent.value.members.push_back({std::move(parent.key), std::move(value)});
    }
    return true;
  }

  std::vector<Open> open_;
  JsonValue root_;
  std::size_t nodes_ = 0;
  Problem problem_;
};

// encoding/json compares keys under Unicode's simple folding, which maps two characters beyond
// ASCII to letters: U+017F to s, U+212A (Kelvin) to k.
std::string fold(std::string_view key) {
  std::string folded;
  for (std::size_t i = 0; i < key.size();) {
    if (key.substr(i, 2) == "\xC5\xBF") {
      folded += 's';
      i += 2;
    } else if (key.substr(i, 3) == "\xE2\x84\xAA") {
      folded += 'k';
      i += 3;
    } else {
      folded += key[i++];
    }
  }
  return lower_case(folded);
}

// Folding keeps or shortens a key, by two bytes a character at most.
bool may_fold_to(std::string_view key, std::string_view wanted) {
  return key.size() >= wanted.size() && key.size() <= 3 * wanted.size();
}

}  // namespace

Result<JsonValue, std::string> parse_json(std::string_view text) {
  TreeBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return Failure{builder.problem() ? builder.problem().text() : std::string{"no valid JSON"}};
  }
  return builder.take();
}

const JsonValue* find(const JsonValue& object, std::string_view key, Problem& problem) {
  const JsonValue* found = nullptr;
  for (const JsonValue::Member& member : object.members) {
    if (member.key == key) {
      if (found != nullptr) {
        problem.add("\"" + std::string{key} + "\" stands there twice");
      }
      found = &member.value;
    } else if (may_fold_to(member.key, key) && fold(member.key) == lower_case(key)) {
      problem.add("\"" + std::string{key} + "\" is written in another letter case");
    }
  }
  return found != nullptr && found->kind == JsonValue::Kind::Null ? nullptr : found;
}

const JsonValue* find_kind(const JsonValue& object,
                           std::string_view key,
                           JsonValue::Kind kind,
                           Problem& problem) {
  const JsonValue* value = find(object, key, problem);
  if (value != nullptr && value->kind != kind) {
    problem.add("\"" + std::string{key} + "\" is of the wrong type");
    return nullptr;
  }
  return value;
}

std::string find_text(const JsonValue& object, std::string_view key, Problem& problem) {
  const JsonValue* value = find_kind(object, key, JsonValue::Kind::String, problem);
  return value != nullptr ? value->text : std::string{};
}

}  // namespace leangate::registry
