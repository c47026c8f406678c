#include "webhook/registry/json_tree.h"

#include "tests/support/catch.h"
#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

struct Row {
  std::string name;
  std::string text;
};

}  // namespace

TEST_CASE("JSON becomes a tree with its integers exact", "[registry]") {
  const auto tree = parse_json(R"({"a": [1, 9223372036854775807, -1, 1.0, true, null, "x"]})");
  REQUIRE(tree);
  Problem problem;
  const JsonValue* a = find_kind(*tree, "a", JsonValue::Kind::Array, problem);
  REQUIRE(a != nullptr);
  REQUIRE(a->items.size() == 7);
  CHECK(a->items[0].integer == 1);
  CHECK(a->items[1].integer == 9223372036854775807u);
  CHECK(a->items[2].kind == JsonValue::Kind::OtherNumber);
  CHECK(a->items[3].kind == JsonValue::Kind::OtherNumber);
  CHECK(a->items[4].kind == JsonValue::Kind::Boolean);
  CHECK(a->items[5].kind == JsonValue::Kind::Null);
  CHECK(a->items[6].text == "x");
  CHECK_FALSE(problem);
}

TEST_CASE("hostile JSON is refused", "[registry]") {
  const auto row = GENERATE(values<Row>({
      {"empty", ""},
      {"a login page", "<html>"},
      {"cut short", R"({"a": )"},
      {"something after it", "{} {}"},
      {"no UTF-8", "{\"a\": \"\xff\"}"},
      {"a million levels", std::string(1'000'000, '[')},
      {"one level too deep",
       std::string(kMaxJsonDepth + 1, '[') + std::string(kMaxJsonDepth + 1, ']')},
      {"an endless number", "[1e400]"},
  }));
  CAPTURE(row.name);

  const auto tree = parse_json(row.text);
  CHECK_FALSE(tree);
  if (!tree) {
    CHECK(tree.error().find("html") == std::string::npos);
  }
}

TEST_CASE("a tree has at most so many values", "[registry]") {
  std::string text = "[0";
  for (std::size_t i = 0; i < kMaxJsonNodes; ++i) {
    text += ",0";
  }
  CHECK_FALSE(parse_json(text + "]"));
  CHECK(parse_json(std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']')));
}

TEST_CASE("a key that another parser may read differently is a problem", "[registry]") {
  const auto row = GENERATE(values<Row>({
      {"twice", R"({"layers": 1, "layers": 2})"},
      {"other letter case", R"({"Layers": 1})"},
      {"both", R"({"layers": 1, "LAYERS": 2})"},
      {"long s folds to s", "{\"layer\xC5\xBF\": 1}"},
  }));
  CAPTURE(row.name);

  const auto tree = parse_json(row.text);
  REQUIRE(tree);
  Problem problem;
  find(*tree, "layers", problem);
  CHECK(problem);
}

TEST_CASE("keys that nobody asks for may be anything", "[registry]") {
  const auto tree = parse_json(R"({"x": 1, "x": 2, "X": 3, "layers": "l"})");
  REQUIRE(tree);
  Problem problem;
  CHECK(find_text(*tree, "layers", problem) == "l");
  CHECK(find(*tree, "absent", problem) == nullptr);
  CHECK_FALSE(problem);
}

}  // namespace leangate::registry
