#include "webhook/transport/proxy.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace leangate::transport {

TEST_CASE("a proxy is a scheme, a host and a port, with user and password or without",
          "[transport][proxy]") {
  struct Case {
    const char* text;
    const char* scheme;
    const char* host;
    int port;
    const char* user;
    const char* password;
  };
  const auto c = GENERATE(values<Case>({
      {"http://proxy.example:3128", "http", "proxy.example", 3128, "", ""},
      {"https://proxy.example:3128/", "https", "proxy.example", 3128, "", ""},
      {"HTTP://Proxy.Example.:3128", "http", "proxy.example", 3128, "", ""},
      {"http://proxy.example", "http", "proxy.example", 80, "", ""},
      {"https://proxy.example", "https", "proxy.example", 443, "", ""},
      {"http://10.0.0.1:3128", "http", "10.0.0.1", 3128, "", ""},
      {"http://[fd00::1]:3128", "http", "fd00::1", 3128, "", ""},
      {"http://robot:secret@proxy.example:3128", "http", "proxy.example", 3128, "robot", "secret"},
      {"http://robot@proxy.example:3128", "http", "proxy.example", 3128, "robot", ""},
      {"http://r%40b:s%3a%2F%25@proxy.example", "http", "proxy.example", 80, "r@b", "s:/%"},
      {"http://robot:a:b@proxy.example", "http", "proxy.example", 80, "robot", "a:b"},
      {"http://robot:p@ss@proxy.example", "http", "proxy.example", 80, "robot", "p@ss"},
  }));
  CAPTURE(c.text);
  const auto proxy = Proxy::parse(c.text);
  REQUIRE(proxy.has_value());
  CHECK(proxy->scheme == c.scheme);
  CHECK(proxy->host == c.host);
  CHECK(proxy->port == c.port);
  CHECK(proxy->user == c.user);
  CHECK(proxy->password == c.password);
}

TEST_CASE("what is no proxy is refused without a word of its text", "[transport][proxy]") {
  const char* text = GENERATE("hush",
                              "//hush",
                              "hush:3128",
                              "socks5://hush:1080",
                              "http://",
                              "http://:3128",
                              "http://hush:0",
                              "http://hush:99999",
                              "http://hush:3128/path",
                              "http://hush:3128/?query",
                              "http://hush:3128?query",
                              "http://hush:3128#fragment",
                              "http://user:hush@",
                              "http://:hush@proxy.example",
                              "http://us%3Aer:hush@proxy.example",
                              "http://user:hush%0d%0aX:y@proxy.example",
                              "http://user:hush%00@proxy.example",
                              "http://user:hush%7@proxy.example",
                              "http://user:hush%zz@proxy.example",
                              "http://user:hush%-1@proxy.example",
                              "http://user:hu/sh@proxy.example",
                              "http://proxy.example/hush@proxy.example",
                              "http://proxy.example hush");
  CAPTURE(text);
  const auto proxy = Proxy::parse(text);
  REQUIRE_FALSE(proxy.has_value());
  CHECK_THAT(proxy.error(), !Catch::Contains("hush"));
}

TEST_CASE("exceptions hold what they say and nothing beside it", "[transport][proxy]") {
  struct Case {
    const char* text;
    std::vector<std::string> held;
    std::vector<std::string> others;
  };
  const auto c = GENERATE(values<Case>({
      {"registry.corp.example",
       {"registry.corp.example"},
       {"a.registry.corp.example", "corp.example", "xregistry.corp.example"}},
      {"Registry.CORP.example.", {"registry.corp.example"}, {"corp.example"}},
      {".corp.example",
       {"a.corp.example", "a.b.corp.example"},
       {"corp.example", "acorp.example", "corp.example.evil.example"}},
      {"*.Corp.example.", {"a.corp.example", "a.b.corp.example"}, {"corp.example"}},
      {"registry", {"registry"}, {"a.registry"}},
      {"10.0.0.0/8",
       {"10.1.2.3", "0xa.1", "167772161", "::ffff:10.0.0.1"},
       {"11.0.0.0", "10.example", "fd00::1", "10.0.0.0.example"}},
      {"fd00::/8", {"fd00::1"}, {"fe80::1", "10.0.0.1"}},
      {"10.1.2.3", {"10.1.2.3", "10.1.515"}, {"10.1.2.4"}},
      {"[fd00::1]", {"fd00::1"}, {"fd00::2"}},
      {"fd00::1", {"fd00::1"}, {"fd00::2"}},
      {"0.0.0.0/0", {"1.1.1.1"}, {"example.com", "fd00::1"}},
  }));
  CAPTURE(c.text);
  const auto exception = ProxyException::parse(c.text);
  REQUIRE(exception.has_value());
  Proxy proxy = Proxy::parse("http://proxy.example").value();
  proxy.exceptions = {*exception};
  for (const std::string& host : c.held) {
    CAPTURE(host);
    CHECK_FALSE(proxy.serves(host));
  }
  for (const std::string& host : c.others) {
    CAPTURE(host);
    CHECK(proxy.serves(host));
  }
}

TEST_CASE("exceptions that would hold nothing, or not what was meant, are refused",
          "[transport][proxy]") {
  const char* text = GENERATE("",
                              ".",
                              "*",
                              "*.",
                              "..",
                              "*.*.example",
                              "a.*.example",
                              "*example",
                              "registry.example:5000",
                              "[fd00::1]:5000",
                              "http://registry.example",
                              "registry.example/path",
                              "user@registry.example",
                              "10.0.0.1/8",
                              "10.0.0.0/33",
                              "10.*",
                              ".10.0.0.1",
                              "[fd00::1",
                              "a b",
                              "a,b");
  CAPTURE(text);
  CHECK_FALSE(ProxyException::parse(text).has_value());
}

}  // namespace leangate::transport
