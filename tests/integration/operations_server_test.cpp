#include "webhook/observability/operations_server.h"

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/tls_client.h"
#include "tests/support/catch.h"

namespace leangate::observability {
namespace {

using Catch::Matchers::Contains;

std::string get(std::uint16_t port, const std::string& path) {
  const fakes::RawClient client{port};
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  REQUIRE(::send(client.fd(), request.data(), request.size(), 0) ==
          static_cast<ssize_t>(request.size()));
  return client.read_to_end();
}

TEST_CASE("the operations listener tells health, readiness and metrics", "[observability]") {
  Metrics metrics;
  std::string reason = "no policies are loaded";
  const auto server = OperationsServer::start("127.0.0.1:0", metrics, [&] { return reason; });
  REQUIRE(server.has_value());
  const std::uint16_t port = (*server)->port();

  CHECK_THAT(get(port, "/healthz"), Contains("200 OK") && Contains("\r\n\r\nok\n"));
  CHECK_THAT(get(port, "/readyz"), Contains("503") && Contains("no policies are loaded\n"));
  reason.clear();
  CHECK_THAT(get(port, "/readyz"), Contains("200 OK"));
  CHECK_THAT(get(port, "/metrics"),
             Contains("text/plain; version=0.0.4") && Contains("\nleangate_cache_bytes 0\n"));
  CHECK_THAT(get(port, "/nothing"), Contains("404"));
}

TEST_CASE("idle clients keep nobody from the operations listener", "[observability]") {
  Metrics metrics;
  const auto server = OperationsServer::start("127.0.0.1:0", metrics, [] { return ""; });
  REQUIRE(server.has_value());
  std::vector<std::unique_ptr<fakes::RawClient>> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(std::make_unique<fakes::RawClient>((*server)->port()));
  }
  CHECK_THAT(get((*server)->port(), "/healthz"), Contains("200 OK"));
}

TEST_CASE("an operations address that can't be had is named", "[observability]") {
  Metrics metrics;
  const auto listen = GENERATE(values<const char*>({"nonsense", "127.0.0.1:x", "192.0.2.1:9"}));
  CAPTURE(listen);
  const auto server = OperationsServer::start(listen, metrics, [] { return ""; });
  REQUIRE_FALSE(server.has_value());
  CHECK_THAT(server.error(), Contains(listen));
}

}  // namespace
}  // namespace leangate::observability
