#include "webhook/admission/pruned_json.h"

#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace leangate::admission {

namespace {

using nlohmann::json;

// {"name": scalar, "labels": {...}, "items": [{"name", "image"}], "bulk": [scalars, at most 3]}
const Shape kText{};
const Shape kMap{.kind = Shape::Kind::ScalarMap};
const Shape kItem{.kind = Shape::Kind::Members,
                  .members = {{"name", &kText}, {"image", &kText}},
                  .useless_without = "image"};
const Shape kItems{.kind = Shape::Kind::List, .element = &kItem};
const Shape kBulk{.kind = Shape::Kind::List, .element = &kText, .dropped_above = 3};
const Shape kRoot{
    .kind = Shape::Kind::Members,
    .members = {{"name", &kText}, {"labels", &kMap}, {"items", &kItems}, {"bulk", &kBulk}}};

constexpr PruneLimits kLimits{.max_depth = 8, .max_kept = 20, .max_elements = 10, .max_string = 12};

}  // namespace

TEST_CASE("only what the shape asks for is kept", "[pruned_json]") {
  struct Case {
    std::string name;
    std::string text;
    std::string kept;
  };
  const auto c = GENERATE(values<Case>({
      {"wanted scalars", R"({"name": "a"})", R"({"name": "a"})"},
      {"booleans too", R"({"name": true})", R"({"name": true})"},
      {"unwanted members of any type",
       R"({"x": {"name": [{"items": 1}]}, "y": [[{}]], "z": 1.5, "name": "a", "w": null})",
       R"({"name": "a"})"},
      {"a map with every key",
       R"({"labels": {"a": "b", "c": false, "n": 1, "o": {"x": "y"}}})",
       R"({"labels": {"a": "b", "c": false, "n": null, "o": null}})"},
      {"a list with its unwanted parts gone",
       R"({"items": [{"image": "i", "env": [{"name": "E", "value": "V"}], "name": "n"}]})",
       R"({"items": [{"image": "i", "name": "n"}]})"},
      {"elements that are useless or odd stand as null",
       R"({"items": [{"name": "n"}, 5, [1], "x", {}, {"image": "i"}]})",
       R"({"items": [null, null, null, null, null, {"image": "i"}]})"},
      {"members of another type are null",
       R"({"name": ["a"], "labels": "b", "items": {"image": "c"}})",
       R"({"name": null, "labels": null, "items": null})"},
      {"a part over its own limit is null, what follows is kept",
       R"({"bulk": ["1", "2", "3", {"deep": ["x"]}, "5"], "name": "a"})",
       R"({"bulk": null, "name": "a"})"},
      {"a part at its own limit stays", R"({"bulk": ["1", "2"]})", R"({"bulk": ["1", "2"]})"},
      {"long strings are cut", R"({"name": "0123456789abcdef"})", R"({"name": "0123456789ab"})"},
      {"unwanted long ones are not looked at", R"({"other": "0123456789abcdef"})", R"({})"},
      {"another type of document", R"(["name"])", "null"},
  }));
  CAPTURE(c.name);
  json kept;
  CHECK(read_pruned(c.text, kRoot, kLimits, kept).has_value());
  CHECK(kept == json::parse(c.kept));
}

TEST_CASE("a dropped part gives back what it took of the limit", "[pruned_json]") {
  const std::string dropped = R"({"bulk": ["1", "2", "3", "4"]})";
  json kept;
  // The root, the list and its first two elements; the third breaks the list's own limit.
  auto limits = kLimits;
  limits.max_kept = 5;
  CHECK(read_pruned(dropped, kRoot, limits, kept).has_value());
  CHECK(kept == json::parse(R"({"bulk": null})"));

  json items{{"items", json::array()}};
  for (int i = 0; i < 10; ++i) {
    items["items"].push_back({{"name", "n"}});
  }
  CHECK(read_pruned(items.dump(), kRoot, limits, kept).has_value());
}

TEST_CASE("what is wrong is said without repeating the text", "[pruned_json]") {
  struct Case {
    std::string name;
    std::string text;
    std::string mistake;
    std::string kept;
  };
  const auto c = GENERATE(values<Case>({
      {"empty", "", "broken JSON at byte 1", "null"},
      {"breaks off", R"({"name": "a", "items": [{"image": "i")", "broken JSON at byte 38", "*"},
      {"trailing text", R"({"name": "a"} {})", "broken JSON at byte 15", R"({"name": "a"})"},
      {"broken in an unwanted part", R"({"name": "a", "x": [tru]})", "broken JSON at byte 24", "*"},
      {"broken UTF-8 in an unwanted part", "{\"x\": \"\xff\"}", "broken JSON at byte 8", "{}"},
      {"a number out of range", R"({"x": 1e999})", "broken JSON at byte 11", "{}"},
      {"too deep", R"({"x": [[[[[[[[]]]]]]]]})", "nested deeper than 8", "{}"},
      {"a wanted member twice",
       R"({"name": "a", "name": "b"})",
       "the member \"name\" comes twice",
       R"({"name": "a"})"},
      {"twice, once of another type",
       R"({"name": 1, "name": "b"})",
       "the member \"name\" comes twice",
       R"({"name": null})"},
      {"a map's key twice", R"({"labels": {"k": "a", "k": "b"}})", "a key comes twice", "*"},
      {"too many elements", R"({"items": [0,0,0,0,0,0,0,0,0,0,0]})", "the lists are too long", "*"},
      {"too many values",
       R"({"labels": {"1":"","2":"","3":"","4":"","5":"","6":"","7":"","8":"","9":"","10":"",
           "11":"","12":"","13":"","14":"","15":"","16":"","17":"","18":"","19":""}})",
       "too many values",
       "*"},
  }));
  CAPTURE(c.name);
  json kept;
  const auto reading = read_pruned(c.text, kRoot, kLimits, kept);
  REQUIRE_FALSE(reading.has_value());
  CHECK(reading.error() == c.mistake);
  if (c.kept != "*") {
    CHECK(kept == json::parse(c.kept));
  }
}

TEST_CASE("an unwanted member may come twice", "[pruned_json]") {
  json kept;
  CHECK(read_pruned(R"({"x": 1, "x": {"name": "a", "name": "b"}})", kRoot, kLimits, kept)
            .has_value());
}

TEST_CASE("a text that breaks off anywhere is an error, never a crash", "[pruned_json]") {
  const std::string text =
      R"({"x": [{"a": [1, 2]}], "name": "a", "labels": {"k": "\u00e9"}, )"
      R"("items": [{"name": "n"}, {"image": "i"}], "bulk": ["1", "2", "3", "4", "5"]})";
  json kept;
  REQUIRE(read_pruned(text, kRoot, kLimits, kept).has_value());
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(read_pruned(text.substr(0, length), kRoot, kLimits, kept).has_value());
  }
}

}  // namespace leangate::admission
