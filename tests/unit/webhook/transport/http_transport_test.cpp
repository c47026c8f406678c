#include "webhook/transport/http_transport.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::transport {

TEST_CASE("headers are found by their lower-case name, the first one first",
          "[transport][response]") {
  const HttpResponse response{200, {{"www-authenticate", "Basic"}, {"x", "1"}, {"x", "2"}}, ""};
  CHECK(response.header("x") == "1");
  CHECK(response.header("y").empty());
  CHECK(response.all_headers("x") == std::vector<std::string_view>{"1", "2"});
  CHECK(response.all_headers("y").empty());
}

TEST_CASE("a buffer keeps bodies up to its limit and nothing of larger ones", "[transport][sink]") {
  BufferSink sink{8};
  REQUIRE(sink.begin({}));
  SECTION("exactly the limit") {
    CHECK(sink.write("1234"));
    CHECK(sink.write("5678"));
    CHECK_FALSE(sink.overflowed());
    CHECK(sink.take() == "12345678");
  }
  SECTION("one byte more") {
    CHECK(sink.write("12345678"));
    CHECK_FALSE(sink.write("9"));
    CHECK(sink.overflowed());
    CHECK(sink.body().empty());
  }
  SECTION("nothing is taken after an overflow") {
    CHECK_FALSE(sink.write("123456789"));
    CHECK_FALSE(sink.write("1"));
    CHECK(sink.body().empty());
  }
  SECTION("a second exchange begins anew") {
    CHECK_FALSE(sink.write("123456789"));
    REQUIRE(sink.begin({}));
    CHECK(sink.write("1"));
    CHECK_FALSE(sink.overflowed());
    CHECK(sink.body() == "1");
  }
}

TEST_CASE("a limit of zero takes an empty body only", "[transport][sink]") {
  BufferSink sink{0};
  CHECK(sink.write(""));
  CHECK_FALSE(sink.write("1"));
}

TEST_CASE("what a second try can't change isn't transient", "[transport]") {
  using Kind = TransportError::Kind;
  for (const Kind kind :
       {Kind::Timeout, Kind::Resolve, Kind::Connect, Kind::Protocol, Kind::Overloaded}) {
    CHECK(is_transient(kind));
  }
  for (const Kind kind : {Kind::Tls, Kind::Refused, Kind::BodyTooLarge, Kind::Aborted}) {
    CHECK_FALSE(is_transient(kind));
  }
}

TEST_CASE("one exchange is a list of one", "[transport]") {
  struct Echo final : HttpTransport {
    std::vector<Result<HttpResponse, TransportError>> fetch_all(
        const std::vector<Exchange>& exchanges) override {
      REQUIRE(exchanges.size() == 1);
      HttpResponse head{201, {}, exchanges.front().request->url.host};
      exchanges.front().sink->write("body");
      return {head};
    }
  };
  HttpRequest request;
  request.url = parse_url("https://ghcr.io/").value();
  BufferSink sink{8};
  const auto response = Echo{}.fetch(request, sink);
  REQUIRE(response.has_value());
  CHECK(response->remote_address == "ghcr.io");
  CHECK(sink.body() == "body");
}

}  // namespace leangate::transport
