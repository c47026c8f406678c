#include "webhook/transport/url.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::transport {

TEST_CASE("a URL is parsed into scheme, host, port and target", "[transport][url]") {
  struct Case {
    const char* text;
    const char* scheme;
    const char* host;
    int port;
    const char* target;
  };
  const auto c = GENERATE(values<Case>({
      {"https://ghcr.io", "https", "ghcr.io", 443, "/"},
      {"http://ghcr.io/", "http", "ghcr.io", 80, "/"},
      {"HTTPS://GHCR.io/v2/", "https", "ghcr.io", 443, "/v2/"},
      {"https://ghcr.io.:8443/v2", "https", "ghcr.io", 8443, "/v2"},
      {"https://ghcr.io:00443/", "https", "ghcr.io", 443, "/"},
      {"https://ghcr.io?scope=a:b", "https", "ghcr.io", 443, "/?scope=a:b"},
      {"https://ghcr.io/a?b=https://c@d/#e", "https", "ghcr.io", 443, "/a?b=https://c@d/"},
      {"https://ghcr.io#top", "https", "ghcr.io", 443, "/"},
      {"http://10.0.0.1:5000/v2/", "http", "10.0.0.1", 5000, "/v2/"},
      {"http://[::1]:5000/v2/", "http", "::1", 5000, "/v2/"},
      {"http://[2001:DB8:0::1]/", "http", "2001:db8::1", 80, "/"},
      {"https://my_registry.test:65535/", "https", "my_registry.test", 65535, "/"},
      {"https://0x7f.1/", "https", "0x7f.1", 443, "/"},
      {"https://ghcr.io/a/../b/./c%2f", "https", "ghcr.io", 443, "/a/../b/./c%2f"},
  }));
  CAPTURE(c.text);
  const auto url = parse_url(c.text);
  REQUIRE(url.has_value());
  CHECK(url->scheme == c.scheme);
  CHECK(url->host == c.host);
  CHECK(url->port == c.port);
  CHECK(url->target == c.target);
}

TEST_CASE("a URL that could be read in two ways is refused", "[transport][url]") {
  const std::string text = GENERATE(values<std::string>({
      "",
      "ghcr.io/v2/",
      "//ghcr.io/v2/",
      "ftp://ghcr.io/",
      "file:///etc/passwd",
      "gopher://ghcr.io/",
      "https:ghcr.io/",
      "https:/ghcr.io/",
      "https://",
      "https:///v2/",
      "https://:443/",
      "https://.",
      "https://a..b/",
      "https://.a/",
      "https://user@ghcr.io/",
      "https://user:password@ghcr.io/",
      "https://ghcr.io:443@evil.test/",
      "https://ghcr.io:/",
      "https://ghcr.io:0/",
      "https://ghcr.io:65536/",
      "https://ghcr.io:-1/",
      "https://ghcr.io:+1/",
      "https://ghcr.io:443x/",
      "https://ghcr.io:1:2/",
      "https://[::1/",
      "https://[::1]5000/",
      "https://[::1]:/",
      "https://[fe80::1%25eth0]/",
      "https://[127.0.0.1]/",
      "https://[]/",
      "https://::1/",
      "https://gh%63r.io/",
      "https://gh cr.io/",
      "https://ghcr.io/a b",
      " https://ghcr.io/",
      "https://ghcr.io/\r\nX: y",
      "https://ghcr.io/\t",
      "https://ghcr.io\\@evil.test/",
      "https://ghcr.io/\\evil.test",
      "https://\xe2\x91\xa0.test/",
      "https://ghcr.io/\xc3\xbc",
      "https://ghcr.io/\x7f",
      "https://" + std::string(64, 'a') + ".test/",
      "https://a" +
          [] {
            std::string labels;
            for (int i = 0; i < 127; ++i) {
              labels += ".a";
            }
            return labels;
          }(),
      "https://ghcr.io/" + std::string(8192, 'a'),
  }));
  CAPTURE(text);
  CHECK_FALSE(parse_url(text).has_value());
}

TEST_CASE("a NUL byte is refused in any part of a URL", "[transport][url]") {
  const std::string text = "https://ghcr.io/a";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    std::string spoiled = text;
    spoiled.insert(at, 1, '\0');
    CAPTURE(at);
    CHECK_FALSE(parse_url(spoiled).has_value());
  }
}

TEST_CASE("a location is resolved against the URL it came from", "[transport][url]") {
  struct Case {
    const char* location;
    const char* expected;
  };
  // The examples of RFC 3986 5.4 that stay within http and https.
  const auto c = GENERATE(values<Case>({
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {"g?y#s", "http://a/b/c/g?y"},
      {";x", "http://a/b/c/;x"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/../h", "http://a/b/c/h"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"https://other.test:8443/x/../y?z=/../", "https://other.test:8443/y?z=/../"},
      {"//other.test/x", "http://other.test/x"},
      {"HTTP://other.test", "http://other.test/"},
  }));
  CAPTURE(c.location);
  const auto base = parse_url("http://a/b/c/d;p?q");
  REQUIRE(base.has_value());
  const auto url = resolve_url(*base, c.location);
  REQUIRE(url.has_value());
  CHECK(url->str() == c.expected);
}

TEST_CASE("a location that leads out of HTTP, or is spoilt, is refused", "[transport][url]") {
  const auto base = parse_url("https://ghcr.io/v2/");
  REQUIRE(base.has_value());
  const std::string location = GENERATE(values<std::string>({
      "",
      "file:///etc/passwd",
      "javascript:x",
      "http:g",
      "//user@ghcr.io/",
      "https://user:x@ghcr.io/",
      "/a b",
      "/a\r\nSet-Cookie: x",
      "\\\\evil.test/",
      "/\\evil.test",
      "a\nb",
      "///x",
      "/" + std::string(8192, 'a'),
      std::string(8185, 'a'),
  }));
  CAPTURE(location);
  CHECK_FALSE(resolve_url(*base, location).has_value());
}

TEST_CASE("a relative location never leaves the origin", "[transport][url]") {
  const auto base = parse_url("https://[::1]:5000/v2/a/manifests/b");
  REQUIRE(base.has_value());
  const std::string location =
      GENERATE(values<std::string>({"x", "/x", "../../../..", "?x", "#x", "@evil.test", ".evil"}));
  CAPTURE(location);
  const auto url = resolve_url(*base, location);
  REQUIRE(url.has_value());
  CHECK(url->same_origin(*base));
}

TEST_CASE("origins are equal when scheme, host and port are", "[transport][url]") {
  const auto origin = [](const char* text) { return parse_url(text).value().origin(); };
  CHECK(origin("https://GHCR.io/a?b") == "https://ghcr.io:443");
  CHECK(origin("https://ghcr.io.:443/") == "https://ghcr.io:443");
  CHECK(origin("http://[::1]:80/") == "http://[::1]:80");

  const Url url = parse_url("https://ghcr.io/").value();
  CHECK(url.same_origin(parse_url("https://ghcr.io:443/other").value()));
  CHECK_FALSE(url.same_origin(parse_url("http://ghcr.io:443/").value()));
  CHECK_FALSE(url.same_origin(parse_url("https://ghcr.io:444/").value()));
  CHECK_FALSE(url.same_origin(parse_url("https://x.ghcr.io/").value()));
}

TEST_CASE("a URL is printed for logs without its query", "[transport][url]") {
  const Url url = parse_url("https://s3.test:8443/blob?X-Amz-Signature=secret").value();
  CHECK(url.str() == "https://s3.test:8443/blob?X-Amz-Signature=secret");
  CHECK(url.redacted() == "https://s3.test:8443/blob");
  CHECK(parse_url("https://s3.test:443/a").value().str() == "https://s3.test/a");
  CHECK(parse_url("http://[::1]/a").value().redacted() == "http://[::1]/a");
}

TEST_CASE("what isn't unreserved is percent-encoded in queries", "[transport][url]") {
  CHECK(encode_query("AZaz09-._~") == "AZaz09-._~");
  CHECK(encode_query("repository:a/b:pull") == "repository%3Aa%2Fb%3Apull");
  CHECK(encode_query(" +&=%\r\n\xff") == "%20%2B%26%3D%25%0D%0A%FF");
  CHECK(encode_query(std::string(1, '\0')) == "%00");
}

}  // namespace leangate::transport
