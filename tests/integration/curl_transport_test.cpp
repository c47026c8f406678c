#include "webhook/transport/curl_transport.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/scripted_server.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/fakes/test_certificates.h"
#include "tests/integration/curl_transport_fixture.h"
#include "tests/support/catch.h"

namespace leangate::transport {

TEST_CASE("an answer arrives with its status, headers, body and peer", "[transport][curl]") {
  ScriptedServer server;
  server.on("/v2/", http_response(401, "no", {"WWW-Authenticate:  Bearer x ", "X: 1", "x: 2"}));
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  const auto response = transport.fetch(get(server.origin() + "/v2/?a=b"), sink);
  REQUIRE(response.has_value());
  CHECK(response->status == 401);
  CHECK(response->header("www-authenticate") == "Bearer x");
  CHECK(response->all_headers("x").size() == 2);
  CHECK(response->remote_address == "127.0.0.1");
  CHECK(sink.body() == "no");
}

TEST_CASE("a request carries what was asked for and nothing else", "[transport][curl]") {
  ScriptedServer server;
  server.on("/", http_response(200, ""));
  CurlTransport transport = make_transport();
  HttpRequest request = get(server.origin("registry.test") + "/a/../b?c=%2f");
  request.headers = {{"Accept", "application/json"}, {"X-Empty", ""}};
  BufferSink sink{64};
  const auto port = std::to_string(server.port());

  REQUIRE(transport.fetch(request, sink).has_value());
  request.method = HttpRequest::Method::Head;
  request.headers.clear();
  REQUIRE(transport.fetch(request, sink).has_value());
  request.method = HttpRequest::Method::Post;
  request.body = std::string("a=b\0c", 5);
  REQUIRE(transport.fetch(request, sink).has_value());

  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  const std::pair<std::string, std::string> host{"host", "registry.test:" + port};
  const std::pair<std::string, std::string> agent{"user-agent", "leangate-test"};
  using Headers = std::vector<std::pair<std::string, std::string>>;
  CHECK(requests[0].method == "GET");
  CHECK(requests[0].target == "/a/../b?c=%2f");
  CHECK(requests[0].headers ==
        Headers{host, agent, {"accept", "application/json"}, {"x-empty", ""}});
  CHECK(requests[1].method == "HEAD");
  CHECK(requests[1].headers == Headers{host, agent});
  CHECK(requests[2].method == "POST");
  CHECK(requests[2].headers == Headers{host, agent, {"content-length", "5"}});
  CHECK(requests[2].body == request.body);
}

TEST_CASE("a header that would smuggle another is not sent", "[transport][curl]") {
  ScriptedServer server;
  CurlTransport transport = make_transport();
  const Header header = GENERATE(values<Header>({{"A", "b\r\nC: d"},
                                                 {"A", "b\nC: d"},
                                                 {"A", std::string("b\0c", 3)},
                                                 {"A\r\nB", "c"},
                                                 {"A:", "b"},
                                                 {"A b", "c"},
                                                 {"", "b"}}));
  HttpRequest request = get(server.origin() + "/");
  request.headers = {header};
  BufferSink sink{64};
  CHECK(kind_of(transport.fetch(request, sink)) == Kind::Protocol);
  CHECK(server.connections() == 0);
}

TEST_CASE("proxies of the environment are not asked", "[transport][curl]") {
  ScriptedServer server;
  server.on("/", http_response(200, ""));
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);  // NOLINT(concurrency-mt-unsafe)
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  const auto response = transport.fetch(get(server.origin() + "/"), sink);
  ::unsetenv("http_proxy");  // NOLINT(concurrency-mt-unsafe)
  CHECK(response.has_value());
}

TEST_CASE("TLS is believed with the right authority, name and time only",
          "[transport][curl][tls]") {
  const fakes::TemporaryFolder folder;
  const fakes::TestAuthority authority{folder};
  const fakes::TestAuthority stranger{folder, "stranger"};
  fakes::LeafOptions good;
  good.names = {"registry.test"};
  fakes::LeafOptions other_name = good;
  other_name.names = {"other.test"};
  fakes::LeafOptions expired = good;
  expired.valid_from = -std::chrono::hours{2};
  expired.valid_to = -std::chrono::hours{1};
  fakes::LeafOptions not_yet = good;
  not_yet.valid_from = std::chrono::hours{1};
  fakes::LeafOptions self_signed = good;
  self_signed.self_signed = true;
  struct Case {
    const char* name;
    fakes::LeafOptions leaf;
    std::string ca_file;
    bool believed;
  };
  const std::vector<Case> cases = {
      {"right", good, authority.ca_file(), true},
      {"unknown authority", good, "", false},
      {"another's authority", good, stranger.ca_file(), false},
      {"unreadable authority", good, "/nonexistent/ca.pem", false},
      {"wrong name", other_name, authority.ca_file(), false},
      {"expired", expired, authority.ca_file(), false},
      {"not yet valid", not_yet, authority.ca_file(), false},
      {"self-signed", self_signed, authority.ca_file(), false},
  };
  CurlTransport transport = make_transport();  // one for all: no case may profit from another
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      ScriptedServer server{authority.issue("leaf", c.leaf)};
      server.on("/", http_response(200, "ok"));
      HttpRequest request = get(server.origin("registry.test") + "/");
      request.access = loopback_access(c.ca_file);
      BufferSink sink{64};
      const auto result = transport.fetch(request, sink);
      if (c.believed) {
        REQUIRE(result.has_value());
        CHECK(sink.body() == "ok");
      } else {
        CHECK(kind_of(result) == Kind::Tls);
        CHECK(server.requests().empty());
      }
    }
  }
}

TEST_CASE("plain HTTP on a TLS port is an error of TLS", "[transport][curl][tls]") {
  ScriptedServer server;
  server.behave([](ScriptedConnection& connection) { connection.send(http_response(200, "ok")); });
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  CHECK(kind_of(transport.fetch(get(url), sink)) == Kind::Tls);
}

TEST_CASE("a connection is used again within one class of access, never across classes",
          "[transport][curl][tls]") {
  const fakes::TemporaryFolder folder;
  const fakes::TestAuthority authority{folder};
  fakes::LeafOptions leaf;
  leaf.names = {"registry.test", "public.test"};
  ScriptedServer server{authority.issue("leaf", leaf)};
  server.on("/", http_response(200, "ok"));
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  HttpRequest request = get(server.origin("registry.test") + "/");
  request.access = loopback_access(authority.ca_file());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(transport.fetch(request, sink).has_value());
  }
  CHECK(server.connections() == 1);

  HttpRequest stranger = get(server.origin("public.test") + "/");
  stranger.access = nullptr;
  CHECK(kind_of(transport.fetch(stranger, sink)) == Kind::Refused);
  HttpRequest literal = get(server.origin() + "/");
  literal.access = request.access;
  REQUIRE(transport.fetch(literal, sink).has_value());
  literal.access = nullptr;
  CHECK(kind_of(transport.fetch(literal, sink)) == Kind::Refused);
  // The same rights without the private authority: neither connection nor session is inherited.
  request.access = loopback_access();
  CHECK(kind_of(transport.fetch(request, sink)) == Kind::Tls);
}

TEST_CASE("the guard judges the address, whatever leads to it", "[transport][curl]") {
  ScriptedServer server;
  server.on("/", http_response(200, "secret"));
  CurlTransport transport = make_transport();
  const std::string host = GENERATE(
      values<std::string>({"127.0.0.1", "public.test", "0.0.0.0", "[::ffff:127.0.0.1]", "[::1]"}));
  CAPTURE(host);
  HttpRequest request = get(server.origin(host) + "/");
  request.access = nullptr;
  BufferSink sink{64};
  CHECK(kind_of(transport.fetch(request, sink)) == Kind::Refused);
  CHECK(server.connections() == 0);
}

TEST_CASE("names are resolved by the resolver only, and all their addresses tried",
          "[transport][curl]") {
  ScriptedServer server;
  server.on("/", http_response(200, "ok"));
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  // Nobody else knows registry.test; at [::1] of both.test nothing listens.
  CHECK(transport.fetch(get(server.origin("registry.test") + "/"), sink).has_value());
  CHECK(transport.fetch(get(server.origin("both.test") + "/"), sink).has_value());
  CHECK(transport.fetch(get(server.origin("localhost") + "/"), sink).has_value());
  CHECK(kind_of(transport.fetch(get(server.origin("unknown.test") + "/"), sink)) == Kind::Resolve);

  HttpRequest stranger = get(server.origin("localhost") + "/");
  stranger.access = nullptr;  // asked for as "localhost.", which the fake doesn't know
  CHECK(kind_of(transport.fetch(stranger, sink)) == Kind::Resolve);
  stranger.url.host = "crowd";
  CHECK(kind_of(transport.fetch(stranger, sink)) == Kind::Overloaded);
}

TEST_CASE("a closed port is a failed connection", "[transport][curl]") {
  std::string origin;
  { origin = ScriptedServer{}.origin(); }
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  CHECK(kind_of(transport.fetch(get(origin + "/"), sink)) == Kind::Connect);
}

TEST_CASE("many exchanges run at once and keep their order", "[transport][curl]") {
  constexpr std::size_t kCount = 32;
  const fakes::TemporaryFolder folder;
  const fakes::TestAuthority authority{folder};
  const bool tls = GENERATE(false, true);
  CAPTURE(tls);
  std::atomic<std::size_t> waiting{0};  // outlives the server
  const auto owner = tls ? std::make_unique<ScriptedServer>(authority.issue("leaf"))
                         : std::make_unique<ScriptedServer>();
  ScriptedServer& server = *owner;
  server.behave([&](ScriptedConnection& connection) {
    RecordedRequest request;
    if (connection.read_request(request)) {
      ++waiting;
      // Nobody is answered before all have asked.
      while (waiting < kCount && connection.pause(milliseconds{1})) {
      }
      connection.send(http_response(200, request.target));
    }
  });
  CurlTransport transport = make_transport();
  std::vector<HttpRequest> requests;
  std::vector<BufferSink> sinks(kCount, BufferSink{64});
  for (std::size_t i = 0; i < kCount; ++i) {
    requests.push_back(get(server.origin() + "/" + std::to_string(i)));
  }
  std::vector<Exchange> exchanges;
  for (std::size_t i = 0; i < kCount; ++i) {
    requests[i].access = loopback_access(authority.ca_file());
    exchanges.push_back({&requests[i], &sinks[i]});
  }
  const auto results = transport.fetch_all(exchanges);
  REQUIRE(results.size() == kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    CAPTURE(i, results[i].has_value() ? "" : results[i].error().detail);
    CHECK(results[i].has_value());
    CHECK(sinks[i].body() == "/" + std::to_string(i));
  }
  CHECK(transport.fetch_all({}).empty());
}

TEST_CASE("the end of a transport aborts what is in flight", "[transport][curl]") {
  ScriptedServer server;
  server.behave([](ScriptedConnection& connection) { connection.wait_for_close(); });
  CurlTransportOptions options;
  auto transport = std::make_unique<CurlTransport>(options, std::make_shared<FakeResolver>());
  const HttpRequest silent = get(server.origin() + "/", seconds{60});
  const HttpRequest unresolved = get(server.origin("tarpit.test") + "/", seconds{60});
  BufferSink sinks[] = {BufferSink{64}, BufferSink{64}};
  auto results = std::async(std::launch::async, [&] {
    return transport->fetch_all({{&silent, &sinks[0]}, {&unresolved, &sinks[1]}});
  });
  REQUIRE(server.wait_for_connections(1));
  const auto start = SteadyClock::now();
  transport.reset();
  for (const auto& result : results.get()) {
    CHECK(kind_of(result) == Kind::Aborted);
  }
  CHECK(since(start) < seconds{1});
}

TEST_CASE("a tarpit of hundreds of names delays no host that is vouched for",
          "[transport][curl][resolver]") {
  ScriptedServer server;
  server.on("/", http_response(200, "ok"));
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  auto resolver = std::make_shared<ResolverPool>(ResolverPoolOptions{},
                                                 [released](const std::string& host) -> Resolution {
                                                   if (host.find("tarpit") != std::string::npos) {
                                                     released.wait();
                                                     return Resolution::failed("released");
                                                   }
                                                   return Resolution{{"127.0.0.1"}, "", false};
                                                 });
  auto transport = std::make_unique<CurlTransport>(CurlTransportOptions{}, resolver);
  constexpr std::size_t kNames = 300;
  std::vector<HttpRequest> requests;
  std::vector<BufferSink> sinks(kNames, BufferSink{64});
  for (std::size_t i = 0; i < kNames; ++i) {
    requests.push_back(get("http://tarpit" + std::to_string(i) + ".test/", seconds{60}));
    requests.back().access = nullptr;
  }
  std::vector<Exchange> exchanges;
  for (std::size_t i = 0; i < kNames; ++i) {
    exchanges.push_back({&requests[i], &sinks[i]});
  }
  auto stuck = std::async(std::launch::async, [&] { return transport->fetch_all(exchanges); });

  BufferSink sink{64};
  const auto start = SteadyClock::now();
  for (int i = 0; i < 10; ++i) {
    const std::string host = "registry" + std::to_string(i) + ".test";
    CHECK(transport->fetch(get(server.origin(host) + "/"), sink).has_value());
  }
  CHECK(since(start) < seconds{2});
  transport.reset();
  std::size_t overloaded = 0;
  for (const auto& result : stuck.get()) {
    REQUIRE_FALSE(result.has_value());
    overloaded += result.error().kind == Kind::Overloaded ? 1u : 0u;
  }
  // What neither waits nor runs was turned away at once; how many run by then is the system's
  // choice.
  const ResolverPoolOptions defaults;
  CHECK(overloaded >= kNames - defaults.max_queued - defaults.unknown_threads);
  CHECK(overloaded <= kNames - defaults.max_queued);
  release.set_value();
}

}  // namespace leangate::transport
