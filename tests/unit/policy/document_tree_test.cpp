#include "policy/document_tree.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/mistake_texts.h"

namespace leangate::policy {
namespace {

using Kind = DocumentNode::Kind;

std::vector<std::string> mistakes_of(const Documents& documents) {
  return texts_of(documents.mistakes);
}

// "{a: [1, "x"]}" with every kind told: null true 1 1.0f "x".
std::string show(const DocumentNode& node) {
  std::string text;
  switch (node.kind) {
    case Kind::Null:
      return "null";
    case Kind::Boolean:
    case Kind::Integer:
      return node.text;
    case Kind::Float:
      return node.text + "f";
    case Kind::String:
      return "\"" + node.text + "\"";
    case Kind::Sequence:
      for (const DocumentNode& item : node.items) {
        text += (text.empty() ? "" : ", ") + show(item);
      }
      return "[" + text + "]";
    case Kind::Mapping:
      for (const DocumentNode::Member& member : node.members) {
        text += (text.empty() ? "" : ", ") + member.key + ": " + show(member.value);
      }
      return "{" + text + "}";
  }
  return "?";
}

std::string show_all(const Documents& documents) {
  std::string text;
  for (const DocumentNode& document : documents.documents) {
    text += (text.empty() ? "" : " | ") + show(document);
  }
  return text;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

// More than 400,000 values in 4 KB of text.
std::string alias_bomb() {
  return "a: &a [" + repeat("x,", 1000) + "]\nb: [" + repeat("*a,", 400) + "]\n";
}

std::size_t count_values(const DocumentNode& node) {
  std::size_t count = 1;
  for (const DocumentNode& item : node.items) {
    count += count_values(item);
  }
  for (const DocumentNode::Member& member : node.members) {
    count += 1 + count_values(member.value);
  }
  return count;
}

}  // namespace

TEST_CASE("YAML and JSON texts become trees", "[policy][documents]") {
  struct Case {
    const char* name;
    const char* text;
    const char* tree;
  };
  const auto row = GENERATE(values<Case>({
      {"nothing", "", ""},
      {"comments only", "# hello\n---\n# world\n", ""},
      {"a mapping", "a: 1\nb: {c: [x, 2.5]}\n", "{a: 1, b: {c: [\"x\", 2.5f]}}"},
      {"lists in lists", "a: [[1, [2]], [[[]]], {b: [3]}]", "{a: [[1, [2]], [[[]]], {b: [3]}]}"},
      {"documents", "a: 1\n---\n---\nb: 2\n...\n---\nc: 3", "{a: 1} | {b: 2} | {c: 3}"},
      {"a directive", "%YAML 1.2\n---\na: 1\n", "{a: 1}"},
      {"a byte order mark", "\xEF\xBB\xBF{\"a\": 1}", "{a: 1}"},
      {"line ends of Windows", "a: 1\r\n---\r\nb: x\r\n", "{a: 1} | {b: \"x\"}"},
      {"a block scalar with dashes", "a: |\n  ---\n  x\n", "{a: \"---\nx\n\"}"},
      {"quoted scalars are strings",
       "['1', \"true\", 'null', \"\"]",
       "[\"1\", \"true\", \"null\", \"\"]"},
      {"tags of the core schema",
       "[!!str 1, !!int 2, !!float 1.5, !!bool true, ! 5]",
       "[\"1\", 2, 1.5f, true, \"5\"]"},
      {"keys are text",
       "{1: a, true: b, ~: c, 'd': e}",
       "{1: \"a\", true: \"b\", null: \"c\", d: \"e\"}"},
      {"aliases", "a: &x {b: 1}\nc: *x\nd: [*x]", "{a: {b: 1}, c: {b: 1}, d: [{b: 1}]}"},
      {"merged mappings",
       "a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}",
       "{a: {b: 1, c: 2}, d: {c: 3, b: 1}}"},
      {"an earlier merge wins", "{<<: [{a: 1}, {a: 2, b: 3}]}", "{a: 1, b: 3}"},
      {"a quoted << is a key", "{'<<': {a: 1}}", "{<<: {a: 1}}"},
      {"JSON",
       R"({"a": [1, -2, 1.5e3, "x", true, false, null], "b": {}})",
       "{a: [1, -2, 1.5e3f, \"x\", true, false, null], b: {}}"},
      {"escapes that only JSON knows",
       R"({"a": "\/\ud83d\ude00\u0041"})",
       "{a: \"/\xF0\x9F\x98\x80"
       "A\"}"},
      {"a number above 64 bits",
       R"([123456789012345678901234567890])",
       "[123456789012345678901234567890]"},
      {"YAML that begins like JSON", "{a: 1}\n---\n{\"b\": 2}", "{a: 1} | {b: 2}"},
  }));
  CAPTURE(row.name);
  const Documents documents = read_documents(row.text, "f");
  CHECK(mistakes_of(documents).empty());
  CHECK(show_all(documents) == row.tree);
}

TEST_CASE("plain scalars follow the core schema where Kubernetes does", "[policy][documents]") {
  const auto [text, kind] = GENERATE(values<std::pair<std::string, Kind>>({
      {"~", Kind::Null},       {"null", Kind::Null},    {"NULL", Kind::Null},
      {"nUll", Kind::String},  {"true", Kind::Boolean}, {"False", Kind::Boolean},
      {"yes", Kind::String},   {"y", Kind::String},     {"on", Kind::String},
      {"0", Kind::Integer},    {"-17", Kind::Integer},  {"+5", Kind::Integer},
      {"0x1F", Kind::Integer}, {"0o17", Kind::Integer}, {"040", Kind::String},
      {"0x", Kind::String},    {"0o8", Kind::String},   {"0b1", Kind::String},
      {"1_000", Kind::String}, {"1:30", Kind::String},  {"-", Kind::String},
      {"1.0", Kind::Float},    {"1.", Kind::Float},     {".5", Kind::Float},
      {"-1e3", Kind::Float},   {"1E+3", Kind::Float},   {"1e", Kind::String},
      {"e3", Kind::String},    {".", Kind::String},     {"1.2.3", Kind::String},
      {".inf", Kind::Float},   {"-.INF", Kind::Float},  {".nan", Kind::Float},
      {"-.nan", Kind::String}, {"500Mi", Kind::String}, {"2027-03-31", Kind::String},
  }));
  CAPTURE(text);
  const Documents documents = read_documents("k: " + text, "f");
  // A lonely "-" is a list's entry to YAML.
  if (text == "-") {
    CHECK(documents.documents.empty());
    return;
  }
  REQUIRE(documents.documents.size() == 1);
  CHECK(documents.documents[0].find("k")->kind == kind);
}

TEST_CASE("every node knows its place, in both syntaxes", "[policy][documents]") {
  const char* text = GENERATE("{\"a\":\n  [1, {\"b\" : \"x\\n\"},22],\n \"c\": true}",
                              "{a:\n  [1, {b  : 'xxx'},22],\n c: true}");
  CAPTURE(text);
  const Documents documents = read_documents(text, "f");
  REQUIRE(documents.documents.size() == 1);
  const DocumentNode& root = documents.documents[0];
  const auto place = [](Mark mark) { return std::pair{mark.line, mark.column}; };
  CHECK(place(root.mark) == std::pair{1, 1});
  CHECK(place(root.members.at(0).key_mark) == std::pair{1, 2});
  const DocumentNode& list = root.members[0].value;
  CHECK(place(list.mark) == std::pair{2, 3});
  CHECK(place(list.items.at(0).mark) == std::pair{2, 4});
  CHECK(place(list.items.at(1).mark) == std::pair{2, 7});
  CHECK(list.items[1].members.at(0).key_mark.column == 8);
  CHECK(place(root.members.at(1).key_mark) == std::pair{3, 2});
}

TEST_CASE("places count the documents before", "[policy][documents]") {
  const Documents documents = read_documents("a: 1\n---\n\nb: 2\n---  \nc:\n- d\n", "f");
  REQUIRE(documents.documents.size() == 3);
  CHECK(documents.documents[1].members[0].key_mark.line == 4);
  CHECK(documents.documents[2].find("c")->items[0].mark.line == 7);
  CHECK(documents.documents[2].find("c")->items[0].mark.column == 3);
}

TEST_CASE("a broken text is reported with its place", "[policy][documents]") {
  struct Case {
    const char* name;
    std::string text;
    std::vector<std::string> mistakes;
    const char* tree;
  };
  const auto row = GENERATE(values<Case>({
      {"a syntax error",
       "a: 1\nb: [1\n",
       {"f:3:1: is no YAML: end of sequence flow not found"},
       ""},
      {"the first of each document",
       "a: [\n---\nb: 2\n---\n}\n",
       {"f:2:1: is no YAML: end of sequence flow not found", "f:5:1: is no YAML: illegal flow end"},
       "{b: 2}"},
      {"a duplicate key",
       "a:\n  b: 1\n  c: 2\n  b: 3\n",
       {"f:4:3: a.b: stands here for the second time"},
       "{a: {b: 1, c: 2}}"},
      {"a duplicate key in JSON",
       "{\"l\": [{\"x/y\": 1,\n \"x/y\": 2}]}",
       {"f:2:2: l[0][x/y]: stands here for the second time"},
       "{l: [{x/y: 1}]}"},
      {"a list as key",
       "? [a]\n: b\n",
       {"f:1:3: a key must be a plain value, not a list or a mapping"},
       ""},
      {"an unknown tag",
       "a: !secret x\n",
       {"f:1:4: has a tag that this value can't have, or that isn't known"},
       ""},
      {"a tag that doesn't fit",
       "a: !!int x\n",
       {"f:1:4: has a tag that this value can't have, or that isn't known"},
       ""},
      {"an alias of nothing",
       "a: *x\n",
       {"f:1:4: is no YAML: the referenced anchor is not defined"},
       ""},
      {"an alias of itself",
       "a: &x [*x]\n",
       {"f:1:8: an alias stands inside of what it refers to"},
       ""},
      {"a merge of no mapping", "{<<: [1]}", {"f:1:7: only mappings can be merged with <<"}, ""},
      {"JSON without a comma",
       "{\"a\": 1\n \"b\": 2}",
       {"f:2:2: is no JSON: syntax error while parsing object - unexpected string literal; "
        "expected '}'"},
       ""},
      {"a comma alone", ",", {"f:1:1: is no YAML: expected a value"}, ""},
      {"a comma after a value",
       "a: 1\n---\n'b', c",
       {"f:3:4: is no YAML: expected a value"},
       "{a: 1} | \"b\""},
      {"a control character", "a: 1\nb: x\x04y", {"f:2:5: a control character stands here"}, ""},
      {"DEL in YAML",
       "a: 1\nb: x\x7Fy",
       {"f:2:5: is no YAML: a control character stands here"},
       ""},
      {"NUL behind JSON",
       std::string{"{\"a\": 1}\n\0, \"b\": 2", 18},
       {"f:2:1: a control character stands here"},
       ""},
      {"an escape sequence behind JSON",
       "[1]\x1B[2J",
       {"f:1:4: a control character stands here"},
       ""},
      {"a key that would paint a terminal and speak to a CI system",
       R"({"\u001b[2J\n::error::x": {"k":1,"k":2}})",
       {"f:1:34: [ [2J ::error::x].k: stands here for the second time"},
       "{\x1B[2J\n::error::x: {k: 1}}"},
      {"a key that is very long",
       R"({")" + std::string(5000, 'k') + R"(": {"a":1,"a":2}})",
       {"f:1:5013: " + std::string(314, 'k') + "....a: stands here for the second time"},
       nullptr},
      {"no UTF-8", "a: \xC3\x28", {"f: is no UTF-8 text"}, ""},
      {"a surrogate in UTF-8", "a: \xED\xA0\x80", {"f: is no UTF-8 text"}, ""},
      {"a cut sequence", "a: \xE2\x82", {"f: is no UTF-8 text"}, ""},
  }));
  CAPTURE(row.name);
  const Documents documents = read_documents(row.text, "f");
  CHECK(mistakes_of(documents) == row.mistakes);
  if (row.tree != nullptr) {
    CHECK(show_all(documents) == row.tree);
  }
}

TEST_CASE("a mistake is one harmless line of bounded length", "[policy][documents]") {
  const Mistake mistake{"f\x1B]0;", {1, 2}, "a\nb", std::string(5000, 'x') + "\n"};
  CHECK(mistake.str() == "f ]0;:1:2: a b: " + std::string(2029, 'x') + "...");
}

TEST_CASE("the limits hold for all documents of a text together", "[policy][documents]") {
  struct Case {
    const char* name;
    std::string text;
    std::string mistake;
  };
  const std::string long_aliases =
      "a: &a " + std::string(1u << 20, 'x') + "\nb: [" + repeat("*a,", 5) + "]\n";
  const auto row = GENERATE_COPY(values<Case>({
      {"alias bombs between ---",
       repeat("---\n" + alias_bomb(), 400),
       "f:6:290: has more than 500000 values"},
      {"alias bombs between ...",
       repeat(alias_bomb() + "...\n", 400),
       "f:5:290: has more than 500000 values"},
      {"aliases of long texts",
       repeat("---\n" + long_aliases, 4),
       "f:6:8: aliases grow to more than 8388608 bytes"},
      {"values of many lists",
       repeat("---\n[" + repeat("1,", 60) + "]\n", 10'000),
       "f:16394:88: has more than 500000 values"},
      {"documents between ...",
       repeat("a\n...\n", 20'000),
       "f:20001:1: is more than the 10000 documents that one text may have"},
      {"documents between both",
       repeat("---\na\n...\nb\n", 20'000),
       "f:20001:1: is more than the 10000 documents that one text may have"},
  }));
  CAPTURE(row.name);
  const Documents documents = read_documents(row.text, "f");
  std::size_t kept = 0;
  for (const DocumentNode& document : documents.documents) {
    kept += count_values(document);
  }
  CHECK(kept <= DocumentLimits{}.max_nodes);
  CHECK(documents.documents.size() <= DocumentLimits{}.max_documents);
  REQUIRE_FALSE(documents.mistakes.empty());
  CHECK(documents.mistakes.back().str() == row.mistake);
  CHECK(documents.mistakes.size() + documents.more_mistakes == 1);
}

TEST_CASE("mistakes beyond the first hundred are only counted", "[policy][documents]") {
  const auto text = GENERATE(values<std::string>({
      "{\"a\": 1" + repeat(",\n\"a\": 1", 250) + "}",
      "a: 1\n" + repeat("a: 1\n", 250),
      repeat("---\n}\n", 250),
  }));
  const Documents documents = read_documents(text, "f");
  CHECK(documents.mistakes.size() == kMaxMistakes);
  CHECK(documents.more_mistakes == 150);
}

TEST_CASE("hostile texts are refused, soon", "[policy][documents]") {
  struct Case {
    const char* name;
    std::string text;
    std::string mistake;
  };
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before +
              repeat(", " + before, 8) + "]\n";
  }
  std::string deep_aliases = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    deep_aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" +
                    std::to_string(i - 1) + "]\n";
  }
  const auto row = GENERATE_COPY(values<Case>({
      {"a megabyte of '['", std::string(1u << 20, '['), "f:1:65: is nested deeper than 64 levels"},
      {"a megabyte of '[' that can only be YAML",
       "a: " + repeat("[x, ", 1u << 17) + repeat("]", 1u << 17),
       "f:1:256: is nested deeper than 64 levels"},
      {"a megabyte of '- '", repeat("- ", 1u << 19), "f:1:129: is nested deeper than 64 levels"},
      {"a megabyte of objects",
       repeat("{\"a\":", 200'000),
       "f:1:321: is nested deeper than 64 levels"},
      {"billion laughs", laughs, "f:6:35: has more than 500000 values"},
      {"long text by aliases",
       "a: &a " + std::string(1u << 20, 'x') + "\nb: [" + repeat("*a,", 100) + "]",
       "f:2:26: aliases grow to more than 8388608 bytes"},
      {"depth by aliases", deep_aliases, "f:64:12: is nested deeper than 64 levels"},
      {"many values",
       "[" + repeat("1,", 600'000) + "1]",
       "f:1:1000000: has more than 500000 values"},
      {"many YAML values", repeat("- 1\n", 600'000), "f:500000:3: has more than 500000 values"},
      {"many documents",
       repeat("---\na\n", 20'000),
       "f:20001:1: is more than the 10000 documents that one text may have"},
      {"a long flow collection",
       "- [" + repeat("b, ", 1u << 18) + std::string(1u << 20, ' ') + "]",
       "f:1:1: has a value or a flow collection above 1.5 MiB"},
      {"a large text", std::string((8u << 20) + 1, ' '), "f: is larger than 8388608 bytes"},
  }));
  CAPTURE(row.name);
  const auto begin = std::chrono::steady_clock::now();
  const Documents documents = read_documents(row.text, "f");
  // Two orders above what it takes, so that only a wrong order of growth fails.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{60});
  REQUIRE_FALSE(documents.mistakes.empty());
  CHECK(documents.mistakes.back().str() == row.mistake);
}

TEST_CASE("a member is found by its key", "[policy][documents]") {
  const Documents documents = read_documents("a: {b: 1}\nc: x", "f");
  REQUIRE(documents.documents.size() == 1);
  const DocumentNode& root = documents.documents[0];
  REQUIRE(root.find("a") != nullptr);
  CHECK(root.find("a")->find("b")->text == "1");
  CHECK(root.find("b") == nullptr);
  CHECK(root.find("c")->find("x") == nullptr);
}

}  // namespace leangate::policy
