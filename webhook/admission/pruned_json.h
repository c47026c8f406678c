// Reads JSON and keeps only the parts that a shape asks for. What isn't asked for is scanned and
// forgotten, so that megabytes of environment variables cost no memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "policy/result.h"

namespace leangate::admission {

struct MemberShape;

// What is wanted of one value. A value of another type than its shape's is kept as null.
struct Shape {
  enum class Kind {
    Scalar,     // a string or a boolean
    ScalarMap,  // an object of any keys with scalars as values
    Members,    // an object, of which `members` are wanted
    List,       // an array whose elements have the shape `element`
  };

  Kind kind = Kind::Scalar;
  std::vector<MemberShape> members;
  const Shape* element = nullptr;
  // An object that turns out to lack this member is kept as null.
  std::string_view useless_without;
  // With more kept values than this in it, the whole value is kept as null: for parts without which
  // the judgement is no milder, so that nobody makes the rest unreadable by filling them.
  std::size_t dropped_above = 0;  // 0: never dropped
};

struct MemberShape {
  std::string_view name;
  const Shape* shape;
};

// Beyond these the text is refused, but for long strings, which are cut.
struct PruneLimits {
  std::size_t max_depth;     // of the whole text
  std::size_t max_kept;      // values kept, null not counted
  std::size_t max_elements;  // of all wanted lists together, null or not
  std::size_t max_string;    // bytes of one string that is kept
};

// Fills `kept` in one pass without recursion. The error says what is wrong without repeating the
// text: broken JSON, a limit, or a wanted member that comes twice; `kept` then holds what was read
// before it. Never throws for any text.
Result<void, std::string> read_pruned(std::string_view text,
                                      const Shape& shape,
                                      const PruneLimits& limits,
                                      nlohmann::json& kept);

}  // namespace leangate::admission
