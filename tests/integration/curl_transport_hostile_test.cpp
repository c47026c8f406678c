// Servers that lie, drip, or never end.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "tests/fakes/scripted_server.h"
#include "tests/integration/curl_transport_fixture.h"
#include "tests/support/catch.h"
#include "webhook/transport/curl_transport.h"

namespace leangate::transport {
namespace {

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
      {"body over the limit", http_response(200, std::string(1025, 'x')), Kind::Aborted},
      {"chunks over the limit",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n" + std::string(1025, 'x') +
           "\r\n0\r\n\r\n",
       Kind::Aborted},
      {"endless body without a length",
       "HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x'),
       Kind::Aborted},
      {"HTTP/0.9", "hello", Kind::Protocol},
      {"half a head", "HTTP/1.1 200 OK\r\nX: y", Kind::Protocol},
      {"one header of 70 KiB",
       "HTTP/1.1 200 OK\r\nX: " + std::string(70u << 10, 'x') + "\r\n\r\n",
       Kind::Protocol},
      {"one header of 200 KiB",
       "HTTP/1.1 200 OK\r\nX: " + std::string(200u << 10, 'x') + "\r\n\r\n",
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

TEST_CASE("a body without end is cut by size or by time", "[transport][curl]") {
  struct Case {
    const char* name;
    std::string more;
    Kind kind;
  };
  const auto c = GENERATE(values<Case>({
      {"chunks", "1\r\nx\r\n", Kind::Aborted},
      {"one chunk's extension", "1;e=", Kind::Timeout},
      {"trailers", "0\r\nX: y\r\n", Kind::Protocol},
  }));
  CAPTURE(c.name);
  ScriptedServer server;
  server.behave([&c](ScriptedConnection& connection) {
    RecordedRequest request;
    connection.read_request(request);
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.send(c.more);
    const std::string again = c.kind == Kind::Protocol ? "X: y\r\n" : c.more;
    while (connection.send(c.kind == Kind::Timeout ? "eeeeeeee" : again)) {
    }
  });
  TimeLimits limits;
  limits.slow_span = milliseconds{300};
  CurlTransport transport = make_transport(limits);
  BufferSink sink{4096};
  CHECK(kind_of(transport.fetch(get(server.origin() + "/"), sink)) == c.kind);
}

TEST_CASE("what follows a body is no answer to the next request", "[transport][curl]") {
  ScriptedServer server;
  const std::string faked = http_response(200, "faked");
  server.behave([&faked](ScriptedConnection& connection) {
    RecordedRequest request;
    while (connection.read_request(request)) {
      connection.send(http_response(200, "ab") + faked);
    }
  });
  CurlTransport transport = make_transport();
  BufferSink sink{64};
  for (int i = 0; i < 3; ++i) {
    REQUIRE(transport.fetch(get(server.origin() + "/"), sink).has_value());
    CHECK(sink.body() == "ab");
  }
}

}  // namespace leangate::transport
