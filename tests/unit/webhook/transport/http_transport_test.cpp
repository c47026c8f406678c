#include "webhook/transport/http_transport.h"

#include <string>

#include "tests/fakes/buffer_sink.h"
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

TEST_CASE("one exchange is a list of one", "[transport]") {
  struct Echo final : HttpTransport {
    std::vector<Result<HttpResponse, TransportError>> fetch_all(
        const std::vector<Exchange>& exchanges) override {
      REQUIRE(exchanges.size() == 1);
      HttpResponse head{201, {}, exchanges.front().request->url.host};
      exchanges.front().sink->write("body");
      return {head};
    }
    bool pause(std::chrono::milliseconds /*span*/) override { return false; }
  };
  HttpRequest request;
  request.url = parse_url("https://ghcr.io/").value();
  fakes::BufferSink sink{8};
  const auto response = Echo{}.fetch(request, sink);
  REQUIRE(response.has_value());
  CHECK(response->remote_address == "ghcr.io");
  CHECK(sink.body() == "body");
}

}  // namespace leangate::transport
