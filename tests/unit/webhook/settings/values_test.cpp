#include "webhook/settings/values.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::settings {

TEST_CASE("a listen address is host and port", "[settings]") {
  const auto text = GENERATE(as<std::string>{},
                             "0.0.0.0:10250",
                             "127.0.0.1:0",
                             "localhost:8443",
                             "[::]:10250",
                             "[::1]:65535");
  CAPTURE(text);
  CHECK(check_listen_address(text));
}

TEST_CASE("what can't be listened on is refused", "[settings]") {
  const auto text = GENERATE(as<std::string>{},
                             "",
                             ":8080",
                             "0.0.0.0",
                             "0.0.0.0:",
                             "0.0.0.0:http",
                             "0.0.0.0:65536",
                             "0.0.0.0:-1",
                             "0.0.0.0:8080 ",
                             "0.0.0.0:100000000000",
                             "::1:8080",
                             "[::1]",
                             "a:1:2",
                             "https://0.0.0.0:1",
                             "*:8080");
  CAPTURE(text);
  CHECK_FALSE(check_listen_address(text));
}

TEST_CASE("a host pattern is a registry host or a glob over names", "[settings]") {
  struct Row {
    std::string text;
    std::string pattern;
  };
  const auto row = GENERATE(values<Row>({
      {"registry.corp.example:5000", "registry.corp.example:5000"},
      {"Registry.Example.", "registry.example"},
      {"localhost:5000", "localhost:5000"},
      {"[::1]:5000", "[::1]:5000"},
      {"*.corp.example", "*.corp.example"},
      {"*.Corp.Example.:5000", "*.corp.example:5000"},
      {"registry-*.example", "registry-*.example"},
      {"*.*.example", "*.*.example"},
      {"*", "*"},
  }));
  DYNAMIC_SECTION(row.text) {
    const auto pattern = parse_host_pattern(row.text);
    REQUIRE(pattern);
    CHECK(*pattern == row.pattern);
  }
}

TEST_CASE("what no registry's host can match is refused", "[settings]") {
  const auto text = GENERATE(as<std::string>{},
                             "",
                             "https://registry.example",
                             "registry.example/path",
                             "registry.example:0",
                             "registry.example:5*",
                             "*.example:*",
                             "[*]:5000",
                             "*..example",
                             "*.example_x",
                             "*.example/**",
                             "user@*.example");
  CAPTURE(text);
  CHECK_FALSE(parse_host_pattern(text));
}

TEST_CASE("a namespace is a label or a star", "[settings]") {
  CHECK(check_namespace_choice("ml"));
  CHECK(check_namespace_choice("team-7"));
  CHECK(check_namespace_choice("*"));
  CHECK(check_namespace_choice(std::string(63, 'a')));
  const auto text = GENERATE(
      as<std::string>{}, "", "ML", "-ml", "ml-", "ml.x", "ml-*", "m l", std::string(64, 'a'));
  CAPTURE(text);
  CHECK_FALSE(check_namespace_choice(text));
}

}  // namespace leangate::settings
