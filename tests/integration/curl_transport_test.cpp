#include "webhook/transport/curl_transport.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "tests/fakes/scripted_server.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/fakes/test_certificates.h"
#include "tests/support/catch.h"

namespace leangate::transport {
namespace {

using fakes::http_response;
using fakes::RecordedRequest;
using fakes::ScriptedConnection;
using fakes::ScriptedServer;
using Kind = TransportError::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

// Knows a few names, and keeps silent about "tarpit".
class FakeResolver final : public Resolver {
 public:
  void resolve(const NameQuery& query, Done done) override {
    if (query.host.find("tarpit") != std::string::npos) {
      return;
    }
    const auto found = names_.find(query.host);
    if (found == names_.end()) {
      done(Failure{ResolveError{query.host == "crowd.", "no such name"}});
    } else {
      done(found->second);
    }
  }

 private:
  // Configured names are asked for as they are written, others as absolute ones.
  const std::map<std::string, std::vector<std::string>> names_ = {
      {"localhost", {"127.0.0.1"}},
      {"registry.test", {"127.0.0.1"}},
      {"public.test.", {"127.0.0.1"}},
      {"both.test", {"::1", "127.0.0.1"}},
  };
};

std::shared_ptr<const HostAccess> loopback_access(const std::string& ca_file = "") {
  HostAccess access;
  access.configured = true;
  access.allow_loopback = true;
  access.ca_file = ca_file;
  return std::make_shared<const HostAccess>(access);
}

HttpRequest get(const std::string& url, milliseconds patience = seconds{10}) {
  HttpRequest request;
  request.url = parse_url(url).value();
  request.access = loopback_access();
  request.deadline = deadline_in(patience);
  return request;
}

CurlTransport make_transport() {
  CurlTransportOptions options;
  options.user_agent = "leangate-test";
  return CurlTransport{options, std::make_shared<FakeResolver>()};
}

Kind kind_of(const Result<HttpResponse, TransportError>& result) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().detail);
  return result.error().kind;
}

milliseconds since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - start);
}

// Answers every connection's first request with these bytes and closes.
ScriptedServer::Behaviour once(const std::string& bytes) {
  return [bytes](ScriptedConnection& connection) {
    RecordedRequest request;
    if (connection.read_request(request)) {
      connection.send(bytes);
    }
  };
}

}  // namespace

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

TEST_CASE("what a server may do wrong ends in the right kind of error", "[transport][curl]") {
  struct Case {
    const char* name;
    std::string bytes;
    Kind kind;
  };
  const auto c = GENERATE(values<Case>({
      {"closes before an answer", "", Kind::Connect},
      {"short body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", Kind::Protocol},
      {"cut chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nab", Kind::Protocol},
      {"bad chunk size",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
       Kind::Protocol},
      {"body over the limit", http_response(200, std::string(1025, 'x')), Kind::BodyTooLarge},
      {"chunks over the limit",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n" + std::string(1025, 'x') +
           "\r\n0\r\n\r\n",
       Kind::BodyTooLarge},
      {"endless body without a length",
       "HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x'),
       Kind::BodyTooLarge},
      {"HTTP/0.9", "hello", Kind::Protocol},
      {"half a head", "HTTP/1.1 200 OK\r\nX: y", Kind::Protocol},
      {"one header of 70 KiB",
       "HTTP/1.1 200 OK\r\nX: " + std::string(70 * 1024, 'x') + "\r\n\r\n",
       Kind::Protocol},
      {"one header of 200 KiB",
       "HTTP/1.1 200 OK\r\nX: " + std::string(200 * 1024, 'x') + "\r\n\r\n",
       Kind::Protocol},
  }));
  CAPTURE(c.name);
  ScriptedServer server;
  server.behave(once(c.bytes));
  CurlTransport transport = make_transport();
  BufferSink sink{1024};
  CHECK(kind_of(transport.fetch(get(server.origin() + "/"), sink)) == c.kind);
}

TEST_CASE("endless headers are cut off, in one block or in many", "[transport][curl]") {
  const std::string more = GENERATE(values<std::string>({"X-More: yes\r\n",
                                                         "HTTP/1.1 100 Continue\r\n\r\n",
                                                         "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"}));
  CAPTURE(more);
  ScriptedServer server;
  std::atomic<std::size_t> sent{0};
  server.behave([&](ScriptedConnection& connection) {
    RecordedRequest request;
    connection.read_request(request);
    connection.send(more.front() == 'X' ? "HTTP/1.1 200 OK\r\n" : "");
    while (connection.send(more)) {
      sent += more.size();
    }
  });
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  CHECK(kind_of(transport.fetch(get(server.origin() + "/"), sink)) == Kind::Protocol);
}

TEST_CASE("only the final answer's headers count", "[transport][curl]") {
  ScriptedServer server;
  server.behave(
      once("HTTP/1.1 100 Continue\r\nX: early\r\n\r\nHTTP/1.1 103 Hints\r\nX: hint\r\n\r\n"
           "HTTP/1.1 200 OK\r\nY: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
           "2\r\nab\r\n0\r\nX: trailer\r\n\r\n"));
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  const auto response = transport.fetch(get(server.origin() + "/"), sink);
  REQUIRE(response.has_value());
  CHECK(response->status == 200);
  CHECK(response->header("x").empty());
  CHECK(response->header("y") == "1");
  CHECK(sink.body() == "ab");
}

TEST_CASE("redirects are answers, and coded bodies arrive as they are", "[transport][curl]") {
  ScriptedServer server;
  server.on("/", http_response(307, "raw", {"Location: /other", "Content-Encoding: gzip"}));
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  const auto response = transport.fetch(get(server.origin() + "/"), sink);
  REQUIRE(response.has_value());
  CHECK(response->status == 307);
  CHECK(sink.body() == "raw");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a sink that has enough ends the exchange", "[transport][curl]") {
  struct Refusing final : BodySink {
    explicit Refusing(bool at_begin) : at_begin_{at_begin} {}
    bool begin(const HttpResponse& head) override {
      status = head.status;
      return !at_begin_;
    }
    bool write(std::string_view) override { return false; }
    int status = 0;

   private:
    bool at_begin_;
  };
  ScriptedServer server;
  server.on("/", http_response(200, "body"));
  CurlTransport transport = make_transport();
  Refusing sink{GENERATE(true, false)};
  CHECK(kind_of(transport.fetch(get(server.origin() + "/"), sink)) == Kind::Aborted);
  CHECK(sink.status == 200);
}

TEST_CASE("the deadline ends whatever hangs", "[transport][curl]") {
  struct Case {
    const char* name;
    const char* host;
    ScriptedServer::Behaviour behaviour;
  };
  const auto c = GENERATE(values<Case>({
      {"silence", "127.0.0.1", [](ScriptedConnection& peer) { peer.wait_for_close(); }},
      {"a slow drip",
       "127.0.0.1",
       [](ScriptedConnection& peer) {
         RecordedRequest request;
         peer.read_request(request);
         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
         while (peer.pause(milliseconds{20}) && peer.send("x")) {
         }
       }},
      {"slow headers",
       "127.0.0.1",
       [](ScriptedConnection& peer) {
         peer.send("HTTP/1.1 200 OK\r\n");
         while (peer.pause(milliseconds{20}) && peer.send("X: y\r\n")) {
         }
       }},
      {"a name that never resolves", "tarpit.test", [](ScriptedConnection&) {}},
  }));
  CAPTURE(c.name);
  ScriptedServer server;
  server.behave(c.behaviour);
  CurlTransport transport = make_transport();
  BufferSink sink{4096};
  const auto start = SteadyClock::now();
  const auto result = transport.fetch(get(server.origin(c.host) + "/", milliseconds{500}), sink);
  CHECK(kind_of(result) == Kind::Timeout);
  CHECK(since(start) >= milliseconds{490});
  CHECK(since(start) < milliseconds{700});
}

TEST_CASE("a body slower than 1 KiB/s is given up before the deadline", "[transport][curl]") {
  ScriptedServer server;
  server.behave([](ScriptedConnection& connection) {
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.pause(milliseconds{50}) && connection.send("x")) {
    }
  });
  CurlTransport transport = make_transport();
  BufferSink sink{4096};
  const auto start = SteadyClock::now();
  CHECK(kind_of(transport.fetch(get(server.origin() + "/", seconds{30}), sink)) == Kind::Timeout);
  CHECK(since(start) < seconds{5});
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
  auto resolver = std::make_shared<ResolverPool>(
      ResolverPoolOptions{}, [released](const std::string& host) -> Resolution {
        if (host.find("tarpit") != std::string::npos) {
          released.wait();
          return Failure{ResolveError{false, "released"}};
        }
        return std::vector<std::string>{"127.0.0.1"};
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
  CHECK(overloaded >= kNames - defaults.max_queued - defaults.untrusted_threads);
  CHECK(overloaded <= kNames - defaults.max_queued);
  release.set_value();
}

}  // namespace leangate::transport
