#include "webhook/registry/warning_header.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

std::vector<std::string> read(const std::vector<std::string>& headers) {
  return read_warnings({headers.begin(), headers.end()});
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("warnings of registries are read as the specification writes them", "[registry]") {
  struct Case {
    std::string name;
    std::string header;
    std::string text;  // empty: passed over
  };
  const auto row = GENERATE(values<Case>({
      {"plain",
       R"(299 - "Your token expires in 30 seconds.")",
       "Your token expires in 30 seconds."},
      {"space around", "  299 - \"text\"\t", "text"},
      {"escapes", R"(299 - "a \"quoted\" back\\slash \n")", R"(a "quoted" back\slash n)"},
      {"control characters", "299 - \"a\x1b[31mb\x07\"", "a [31mb "},
      {"hidden direction", "299 - \"a\xe2\x80\xae b\"", "a\xef\xbf\xbd b"},
      {"broken UTF-8", "299 - \"a\xff\"", "a\xef\xbf\xbd"},
      {"nothing", R"(299 - "")", ""},
      {"only space", R"(299 - "  ")", ""},
      {"empty", "", ""},
      {"another code", R"(110 - "Response is Stale")", ""},
      {"another agent", R"(299 cdn.example "text")", ""},
      {"a date behind it", R"(299 - "text" "Wed, 21 Oct 2015 07:28:00 GMT")", ""},
      {"two in one", R"(299 - "a", 299 - "b")", ""},
      {"no quotes", "299 - text", ""},
      {"open quote", R"(299 - "text)", ""},
      {"dangling escape", R"(299 - "text\)", ""},
  }));
  CAPTURE(row.name);
  CHECK(read({row.header}) == (row.text.empty() ? Texts{} : Texts{row.text}));
}

TEST_CASE("warnings of registries are few, short and different", "[registry]") {
  const auto warning = [](const std::string& text) { return "299 - \"" + text + "\""; };
  CHECK(read({warning("a"), warning("a"), "nonsense", warning("b")}) == Texts{"a", "b"});
  CHECK(read({warning("a"), warning("b"), warning("c"), warning("d")}) == Texts{"a", "b", "c"});
  CHECK(read({warning("a"), warning(std::string(4'096, 'b')), warning("c")}) == Texts{"a"});
  const Texts cut = read({warning(std::string(4'000, 'b'))});
  REQUIRE(cut.size() == 1);
  CHECK(cut.front().size() == 200);
}

}  // namespace leangate::registry
