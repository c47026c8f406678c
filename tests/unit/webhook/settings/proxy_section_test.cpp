// registries.proxy of the configuration.
#include <string>

#include "tests/support/catch.h"
#include "webhook/settings/settings.h"

namespace leangate::settings {
namespace {

Result<Settings, std::vector<policy::Mistake>> read_proxy(const std::string& proxy) {
  return read_settings(
      "apiVersion: leangate.io/v1alpha1\nkind: Configuration\nregistries:\n  proxy: " + proxy +
          "\n",
      "config.yaml");
}

}  // namespace

TEST_CASE("a proxy and its exceptions are read", "[settings][proxy]") {
  const auto settings = read_proxy(
      R"({url: "http://robot:s%40fe@proxy.corp.example:3128", noProxy: [.corp.example, 10.0.0.0/8]})");
  REQUIRE(settings);
  REQUIRE(settings->proxy);
  CHECK(settings->proxy->host == "proxy.corp.example");
  CHECK(settings->proxy->port == 3128);
  CHECK(settings->proxy->password == "s@fe");
  CHECK(settings->proxy->serves("ghcr.io"));
  CHECK_FALSE(settings->proxy->serves("registry.corp.example"));
  CHECK_FALSE(settings->proxy->serves("10.1.2.3"));
}

TEST_CASE("without a URL there is no proxy", "[settings][proxy]") {
  const auto settings = read_proxy(R"({url: "", noProxy: []})");
  REQUIRE(settings);
  CHECK_FALSE(settings->proxy);
}

TEST_CASE("a wrong proxy is reported with its place and without its password",
          "[settings][proxy]") {
  struct Case {
    const char* name;
    const char* proxy;
    const char* mistake;
  };
  const auto c = GENERATE(values<Case>({
      {"another scheme",
       R"({url: "socks5://robot:hush@proxy:1080"})",
       "config.yaml:4:16: registries.proxy.url: not a usable URL: the scheme"},
      {"a path",
       R"({url: "http://robot:hush@proxy:3128/path"})",
       "config.yaml:4:16: registries.proxy.url: a proxy has a host and a port, no path"},
      {"no scheme",
       R"({url: "robot:hush@proxy:3128"})",
       "config.yaml:4:16: registries.proxy.url: expected http://host:port or https://host:port"},
      {"a broken escape",
       R"({url: "http://robot:hush%@proxy:3128"})",
       "config.yaml:4:16: registries.proxy.url: user and password must be percent-encoded"},
      {"a list of URLs", R"({url: ["http://robot:hush@proxy"]})", "registries.proxy.url: "},
      {"an exception with a port",
       R"({url: "http://robot:hush@proxy", noProxy: [a.example, "b.example:5000"]})",
       "registries.proxy.noProxy[1]: \"b.example:5000\": expected a host"},
      {"a range with bits beyond it",
       R"({url: "http://proxy", noProxy: [10.0.0.1/8]})",
       "registries.proxy.noProxy[0]: \"10.0.0.1/8\": the address of an address range has bits set"},
      {"exceptions alone",
       R"({noProxy: [a.example]})",
       "registries.proxy.noProxy: is set without url, expected both or neither"},
  }));
  DYNAMIC_SECTION(c.name) {
    const auto settings = read_proxy(c.proxy);
    REQUIRE_FALSE(settings);
    REQUIRE(settings.error().size() == 1);
    const std::string mistake = settings.error().front().str();
    CHECK_THAT(mistake, Catch::Contains(c.mistake));
    CHECK_THAT(mistake, !Catch::Contains("hush"));
  }
}

}  // namespace leangate::settings
