#include "policy/utf8.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::policy {

TEST_CASE("UTF-8 is told from bytes that aren't", "[policy][utf8]") {
  struct Case {
    std::string name;
    std::string text;
    bool is_utf8;
  };
  const auto row = GENERATE(values<Case>({
      {"nothing", "", true},
      {"ASCII", "RUN true", true},
      {"NUL", std::string(1, '\0'), true},
      {"the smallest of two bytes", "\xC2\x80", true},
      {"the largest of two bytes", "\xDF\xBF", true},
      {"the smallest of three bytes", "\xE0\xA0\x80", true},
      {"the last before the surrogates", "\xED\x9F\xBF", true},
      {"the first behind the surrogates", "\xEE\x80\x80", true},
      {"the smallest of four bytes", "\xF0\x90\x80\x80", true},
      {"U+10FFFF", "\xF4\x8F\xBF\xBF", true},
      {"a continuation alone", "\x80", false},
      {"overlong in two bytes", "\xC1\xBF", false},
      {"overlong in three bytes", "\xE0\x9F\xBF", false},
      {"overlong in four bytes", "\xF0\x8F\xBF\xBF", false},
      {"a surrogate", "\xED\xA0\x80", false},
      {"above U+10FFFF", "\xF4\x90\x80\x80", false},
      {"a lead that there isn't", "\xF5\x80\x80\x80", false},
      {"cut short", "\xF0\x9F\x90", false},
      {"a letter instead of a continuation", "\xC3(", false},
      {"broken at the end", "all well \xFF", false},
  }));
  DYNAMIC_SECTION(row.name) {
    CHECK(is_utf8(row.text) == row.is_utf8);
  }
}

TEST_CASE("the front of a text is decoded", "[policy][utf8]") {
  const CodePoint whale = front_code_point("\xF0\x9F\x90\xB3!");
  CHECK_FALSE(whale.broken);
  CHECK(whale.value == U'\x1F433');
  CHECK(whale.length == 4);

  const CodePoint broken = front_code_point("\xE2\x82x");
  CHECK(broken.broken);
  CHECK(broken.length == 1);
}

}  // namespace leangate::policy
