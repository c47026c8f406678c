// JSON from strangers as a bounded tree. Two parsers that read one text differently are a way round
// every check, so what Go's encoding/json (the reader on the node) would take for the same key is
// the same key here, and a key that is looked up must stand there once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace leangate::registry {

struct JsonValue {
  // OtherNumber: negative, fractional, with an exponent, or above 2^63-1.
  enum class Kind { Null, Boolean, Integer, OtherNumber, String, Array, Object };
  struct Member;

  Kind kind = Kind::Null;
  std::uint64_t integer = 0;     // of an Integer; 0 or 1 of a Boolean
  std::string text;              // of a String
  std::vector<JsonValue> items;  // of an Array
  std::vector<Member> members;   // of an Object, in the order of the text

  bool is_object() const { return kind == Kind::Object; }
};

struct JsonValue::Member {
  std::string key;
  JsonValue value;
};

// Refuses what isn't JSON, what isn't UTF-8, more than kMaxJsonDepth levels and more than
// kMaxJsonNodes values. The error never quotes the text.
Result<JsonValue, std::string> parse_json(std::string_view text);

// The first thing found wrong while a tree is read.
class Problem {
 public:
  void add(std::string text) {
    if (text_.empty()) {
      text_ = std::move(text);
    }
  }
  explicit operator bool() const { return !text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The member's value; nullptr when it is absent or null. A key that stands there twice, or in other
// letter case (encoding/json folds it), is a problem.
const JsonValue* find(const JsonValue& object, std::string_view key, Problem& problem);

// The same for a value of one kind: nullptr when absent, a problem when it is of another kind.
const JsonValue* find_kind(const JsonValue& object,
                           std::string_view key,
                           JsonValue::Kind kind,
                           Problem& problem);

// The member's text; empty when it is absent.
std::string find_text(const JsonValue& object, std::string_view key, Problem& problem);

}  // namespace leangate::registry
