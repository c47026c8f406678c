#include "policy/one_line.h"

#include "tests/support/catch.h"

namespace leangate::policy {

TEST_CASE("hostile text becomes one harmless line", "[policy][one_line]") {
  struct Case {
    std::string name;
    std::string text;
    std::string line;
  };
  const auto row = GENERATE(values<Case>({
      {"plain", "RUN true", "RUN true"},
      {"letters beyond ASCII",
       "gr\xC3\xBC\xC3\x9F \xF0\x9F\x90\xB3",
       "gr\xC3\xBC\xC3\x9F \xF0\x9F\x90\xB3"},
      {"newline and tab", "a\r\n\tb", "a   b"},
      {"NUL", std::string{"a\0b", 3}, "a b"},
      {"escape sequence", "\x1b[31mred", " [31mred"},
      {"C1 control",
       "a\xC2\x9B"
       "b",
       "a b"},
      {"DEL",
       "a\x7F"
       "b",
       "a b"},
      {"right-to-left override",
       "a\xE2\x80\xAE"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"zero-width space",
       "a\xE2\x80\x8B"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"line separator",
       "a\xE2\x80\xA8"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a",
       "\xEF\xBF\xBD"
       "a"},
      {"tag character", "\xF3\xA0\x81\x81", "\xEF\xBF\xBD"},
      {"lone continuation", "\x80", "\xEF\xBF\xBD"},
      {"cut short", "\xE2\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"overlong slash", "\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"overlong in three", "\xE0\x80\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"surrogate", "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"beyond Unicode", "\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
  }));
  CAPTURE(row.name);
  CHECK(one_line(row.text, 100) == row.line);
}

TEST_CASE("a line is cut at code points, with dots in place of its end", "[policy][one_line]") {
  CHECK(one_line("12345678", 8) == "12345678");
  CHECK(one_line("123456789", 8) == "12345...");
  CHECK(one_line("\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC", 4) == "\xC3\xBC...");
  CHECK(one_line("1234", 3) == "...");
  CHECK(one_line("1234", 2).empty());
  CHECK(one_line("", 0).empty());
}

}  // namespace leangate::policy
