// Connections to a real registry: shared by HTTP/2 over TLS, and HTTP/1.1 where there is none.
#include <cstddef>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fakes/real_registry.h"
#include "tests/integration/curl_transport_fixture.h"
#include "tests/support/catch.h"
#include "webhook/transport/curl_transport.h"

namespace leangate::transport {
namespace {

using fakes::RealRegistry;
using fakes::TemporaryFolder;

constexpr std::size_t kRequests = 16;

std::string read_text(const std::string& file) {
  std::ifstream stream{file};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

// The clients' ports of this machine's connections to that port (proc(5), /proc/net/tcp).
std::set<std::string> clients_of(std::uint16_t port) {
  std::set<std::string> clients;
  std::istringstream lines{read_text("/proc/net/tcp")};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string number;
    std::string local;
    std::string remote;
    words >> number >> local >> remote;
    const std::size_t colon = remote.find(':');
    if (colon != std::string::npos && std::stoul(remote.substr(colon + 1), nullptr, 16) == port) {
      clients.insert(local);
    }
  }
  return clients;
}

// Asks for /v2/ so many times at once, three times over.
void ask_at_once(CurlTransport& transport, const HttpRequest& request) {
  for (int round = 0; round < 3; ++round) {
    std::vector<BufferSink> sinks(kRequests, BufferSink{64});
    std::vector<Exchange> exchanges;
    for (BufferSink& sink : sinks) {
      exchanges.push_back({&request, &sink});
    }
    for (const auto& result : transport.fetch_all(exchanges)) {
      CAPTURE(result ? "" : result.error().detail);
      REQUIRE(result.has_value());
      CHECK(result->status == 200);
    }
  }
}

}  // namespace

TEST_CASE("requests to a registry over TLS share one connection, also inside a proxy's tunnel",
          "[transport][curl][registry][tls]") {
  if (const std::string missing = RealRegistry::missing(); !missing.empty()) {
    WARN("skipped: " << missing);
    return;
  }
  const TemporaryFolder storage;
  const fakes::TestAuthority authority{storage};
  fakes::LeafOptions leaf;
  leaf.names = {"registry.test"};
  const fakes::CertificateFiles files = authority.issue("leaf", leaf);
  const RealRegistry registry{storage, {"", "", &files}};
  const bool tunnel = GENERATE(false, true);
  CAPTURE(tunnel);
  ScriptedServer proxy;
  proxy.behave([&registry](ScriptedConnection& connection) {
    RecordedRequest connect;
    connection.read_request(connect);
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    connection.relay_to(registry.port());
  });
  CurlTransportOptions options;
  if (tunnel) {
    options.proxy = Proxy::parse(proxy.origin()).value();
  }
  CurlTransport transport{options, std::make_shared<FakeResolver>()};
  const std::size_t before = clients_of(registry.port()).size();  // the fixture's own knock
  HttpRequest request = get("https://registry.test:" + std::to_string(registry.port()) + "/v2/");
  request.access = loopback_access(authority.ca_file());
  ask_at_once(transport, request);

  CHECK(count(read_text((storage.path() / "registry.log").string()), "\"GET /v2/ HTTP/2.0\" 200") ==
        3 * kRequests);
  CHECK(proxy.connections() == (tunnel ? 1 : 0));
  CHECK(clients_of(registry.port()).size() == before + 1);
}

TEST_CASE("a registry without TLS is asked by HTTP/1.1", "[transport][curl][registry]") {
  if (const std::string missing = RealRegistry::missing(); !missing.empty()) {
    WARN("skipped: " << missing);
    return;
  }
  const TemporaryFolder storage;
  const RealRegistry registry{storage, {}};
  CurlTransport transport = make_transport();
  const std::size_t before = clients_of(registry.port()).size();
  ask_at_once(transport, get("http://" + registry.host() + "/v2/"));
  CHECK(count(read_text((storage.path() / "registry.log").string()), "\"GET /v2/ HTTP/1.1\" 200") ==
        3 * kRequests);
  CHECK(clients_of(registry.port()).size() <= before + kRequests);
}

}  // namespace leangate::transport
