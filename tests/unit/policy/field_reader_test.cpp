#include "policy/field_reader.h"

#include <functional>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/mistake_texts.h"

namespace leangate::policy {
namespace {

using Read = std::function<void(FieldReader&)>;

// What reading the text as a mapping at "spec" complains of.
std::vector<std::string> complaints(const std::string& text, const Read& read) {
  const Documents documents = read_documents(text, "");
  REQUIRE(documents.documents.size() == 1);
  MistakeLog log;
  FieldReader fields{documents.documents[0], "spec", log};
  read(fields);
  fields.finish();
  return texts_of(log.take());
}

}  // namespace

TEST_CASE("well-formed fields are read", "[policy][fields]") {
  const auto read = [](FieldReader& fields) {
    CHECK(fields.read_string("s") == "yes");
    CHECK(fields.read_bool("b") == true);
    CHECK(fields.read_integer("i", -5, 5) == 5);
    CHECK(fields.read_quantity("q") == 524288000u);
    CHECK(fields.read_quantity("n") == 1500u);
    CHECK(fields.read_duration("d") == std::chrono::minutes{90});
    CHECK(format_instant(fields.read_instant("t").value()) == "2027-03-31T00:00:00Z");
    CHECK(fields.read_strings("l") == std::vector<std::string>{"a", "b"});
    CHECK(fields.read_string_map("m")->at("x/y") == "z");
    CHECK(fields.read_choice("c", {"No", "Yes"}) == 1u);
    CHECK(fields.read_choices("cs", {"A", "B", "C"}) == std::vector<std::size_t>{2, 0});
    std::string inner;
    fields.read_mapping("o", [&](FieldReader& o) { inner += o.read_string("k").value_or("?"); });
    fields.read_mappings(
        "os", 2, [&](FieldReader& o) { inner += o.read_string("k").value_or("?"); });
    CHECK(inner == "xyz");
    CHECK_FALSE(fields.read_string("absent").has_value());
    CHECK(fields.take("absent") == nullptr);
  };
  CHECK(complaints("{s: yes, b: true, i: +5, q: 500Mi, n: 1500, d: 1h30m, "
                   "t: 2027-03-31T00:00:00Z, l: [a, b], m: {x/y: z}, c: Yes, cs: [C, A], "
                   "o: {k: x}, os: [{k: y}, {k: z}]}",
                   read)
            .empty());
}

TEST_CASE("every wrong field is told with its place", "[policy][fields]") {
  struct Case {
    std::string text;
    Read read;
    std::vector<std::string> mistakes;
  };
  const auto string = [](FieldReader& f) { f.read_string("a", 5); };
  const auto integer = [](FieldReader& f) { f.read_integer("a", 1, 9); };
  const auto strings = [](FieldReader& f) { f.read_strings("a", 3); };
  const auto choice = [](FieldReader& f) { f.read_choice("a", {"Skip", "Fail"}); };
  const auto choices = [](FieldReader& f) { f.read_choices("a", {"Deny", "Warn"}); };
  const auto row = GENERATE_COPY(values<Case>({
      {"a: 1.0", string, {"spec.a: 1.0 is a number, expected a string: write \"1.0\" in quotes"}},
      {"a: true",
       string,
       {"spec.a: true is a boolean, expected a string: write \"true\" in quotes"}},
      {"a: [x]", string, {"spec.a: is a list, expected a string"}},
      {"a:", string, {"spec.a: is empty, expected a string; leave the field out for its default"}},
      {"a: abcdef", string, {"spec.a: is longer than 5 bytes"}},
      {"a: yes",
       [](FieldReader& f) { f.read_bool("a"); },
       {"spec.a: \"yes\" is a string, expected true or false"}},
      {"a: 040", integer, {"spec.a: \"040\" is a string, expected a whole number"}},
      {"a: 1.5", integer, {"spec.a: 1.5 is a number, expected a whole number"}},
      {"a: 0x5", integer, {"spec.a: \"0x5\" is no decimal number"}},
      {"a: 10", integer, {"spec.a: 10 is not between 1 and 9"}},
      {"a: 1" + std::string(500, '0') + ".5",
       string,
       {"spec.a: 1" + std::string(60, '0') + "... is a number, expected a string: write \"1" +
        std::string(60, '0') + "...\" in quotes"}},
      {"a: 1" + std::string(500, '0'),
       [](FieldReader& f) { f.read_bool("a"); },
       {"spec.a: 1" + std::string(60, '0') + "... is a number, expected true or false"}},
      {"a: 99999999999999999999", integer, {"spec.a: 99999999999999999999 is not between 1 and 9"}},
      {"a: {}",
       [](FieldReader& f) { f.read_quantity("a"); },
       {"spec.a: is a mapping, expected a quantity"}},
      {"a: x", strings, {"spec.a: \"x\" is a string, expected a list of strings"}},
      {"a: [1, x, x, '']", strings, {"spec.a: has more than 3 entries"}},
      {"a: [1, x, x]",
       strings,
       {"spec.a[0]: 1 is a number, expected a string: write \"1\" in quotes",
        "spec.a[2]: \"x\" stands in the list already"}},
      {"a: ['']", strings, {"spec.a[0]: is an empty string"}},
      {"a: {b/c: 1}",
       [](FieldReader& f) { f.read_string_map("a"); },
       {"spec.a[b/c]: 1 is a number, expected a string: write \"1\" in quotes"}},
      {"a: skip", choice, {"spec.a: \"skip\" is not one of Skip, Fail"}},
      {"a: 1", choice, {"spec.a: 1 is a number, expected one of Skip, Fail"}},
      {"a: []", choices, {"spec.a: is an empty list, expected at least one of Deny, Warn"}},
      {"a: [Warn, Warn, Log]",
       choices,
       {"spec.a[1]: Warn stands in the list already",
        "spec.a[2]: \"Log\" is not one of Deny, Warn"}},
      {"a: Warn", choices, {"spec.a: \"Warn\" is a string, expected a list of Deny, Warn"}},
      {"b: 1",
       [](FieldReader& f) {
         f.require("a");
         f.take("b");
       },
       {"spec.a: is missing"}},
      {"a: 1",
       [](FieldReader& f) {
         f.refuse_unbuilt({"a", "b"});
       },
       {"spec.a: is not in this version"}},
      {"maxCompresed: 1",
       [](FieldReader& f) {
         f.take("maxCompressed");
         f.take("max");
       },
       {"spec.maxCompresed: is not a known field, did you mean maxCompressed?"}},
      {"\"x y\": 1", [](FieldReader& f) { f.take("max"); }, {"spec[x y]: is not a known field"}},
      {"[]", [](FieldReader&) {}, {"spec: is a list, expected a mapping"}},
      {"a: [{b: 1}, 2]",
       [](FieldReader& f) { f.read_mappings("a", 5, [](FieldReader& g) { g.take("c"); }); },
       {"spec.a[0].b: is not a known field", "spec.a[1]: 2 is a number, expected a mapping"}},
      {"a: {b: 1}",
       [](FieldReader& f) { f.read_mapping("a", [](FieldReader&) {}); },
       {"spec.a.b: is not a known field"}},
  }));
  CAPTURE(row.text);
  CHECK(complaints(row.text, row.read) == row.mistakes);
}

TEST_CASE("mistakes beyond the first hundred are told as a number", "[policy][fields]") {
  struct Case {
    int unknown;
    std::size_t lines;
    std::string last;
  };
  const auto row = GENERATE(values<Case>({
      {100, 100, "spec.sizf99: is not a known field, did you mean size99?"},
      {101, 101, "1 more mistake"},
      {5000, 101, "4900 more mistakes"},
  }));
  CAPTURE(row.unknown);
  std::string text;
  for (int i = 0; i < row.unknown; ++i) {
    text += "sizf" + std::to_string(i) + ": 1\n";
  }
  const auto told = complaints(text, [](FieldReader& f) { f.take("size99"); });
  REQUIRE(told.size() == row.lines);
  CHECK(told.back() == row.last);
}

TEST_CASE("mistakes are told in the order of the text", "[policy][fields]") {
  const auto told = complaints("a: 1\nb: 2", [](FieldReader& f) {
    f.read_bool("b");
    f.read_bool("a");
  });
  CHECK(told == std::vector<std::string>{"spec.a: 1 is a number, expected true or false",
                                         "spec.b: 2 is a number, expected true or false"});
}

TEST_CASE("hostile text is shown safely", "[policy][fields]") {
  CHECK(quoted("a\nb\x1B[0m\x7F") == "\"a\\x0ab\\x1b[0m\\x7f\"");
  CHECK(quoted(std::string(100, 'x')) == "\"" + std::string(64, 'x') + "...\"");
  CHECK(quoted(std::string(63, 'x') + "\xC3\xA4y") == "\"" + std::string(63, 'x') + "...\"");
}

}  // namespace leangate::policy
