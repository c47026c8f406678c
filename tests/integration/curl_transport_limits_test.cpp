// Every step of an exchange has a limit in time of its own, long before the deadline.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/integration/curl_transport_fixture.h"
#include "tests/support/catch.h"
#include "webhook/transport/curl_transport.h"

namespace leangate::transport {
namespace {

constexpr milliseconds kLimit{150};
// The limit, and what a busy machine may add to it.
constexpr milliseconds kPatience{2000};

// A port whose queue of connections is full: the packets of further ones are dropped.
class FullPort {
 public:
  FullPort() : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_, generic, size) == 0);
    REQUIRE(::listen(listener_, 0) == 0);
    REQUIRE(::getsockname(listener_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    for (int& client : clients_) {
      client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      [[maybe_unused]] const int pending = ::connect(client, generic, size);
    }
  }
  ~FullPort() {
    ::close(listener_);
    for (const int client : clients_) {
      ::close(client);
    }
  }
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int listener_;
  int clients_[4] = {};
  std::uint16_t port_ = 0;
};

struct Timed {
  Result<HttpResponse, TransportError> result;
  milliseconds took;
};

Timed timed_fetch(const TimeLimits& limits, const std::string& url) {
  CurlTransport transport = make_transport(limits);
  BufferSink sink{4096};
  const auto start = SteadyClock::now();
  auto result = transport.fetch(get(url, seconds{30}), sink);
  return {std::move(result), since(start)};
}

void check_timeout(const Timed& timed, const std::string& why) {
  CHECK(kind_of(timed.result) == Kind::Timeout);
  CHECK_THAT(timed.result.error().detail, Catch::Contains(why));
  CHECK(timed.took >= kLimit - milliseconds{20});
  CHECK(timed.took < kLimit + kPatience);
}

}  // namespace

TEST_CASE("a name that isn't resolved in time is given up", "[transport][curl][limits]") {
  TimeLimits limits;
  limits.resolve = kLimit;
  check_timeout(timed_fetch(limits, "http://tarpit.test/"), "not resolved within 150ms");
}

TEST_CASE("a connection that isn't made in time is given up", "[transport][curl][limits]") {
  const FullPort full;
  TimeLimits limits;
  limits.connect = kLimit;
  const std::string port = std::to_string(full.port());
  check_timeout(timed_fetch(limits, "http://127.0.0.1:" + port + "/"), "");
}

TEST_CASE("a TLS handshake that doesn't end in time is given up, by all who wait for it",
          "[transport][curl][limits][tls]") {
  ScriptedServer server;  // plain TCP: what it reads goes nowhere
  server.behave([](ScriptedConnection& connection) { connection.wait_for_close(); });
  TimeLimits limits;
  limits.connect = kLimit;
  CurlTransport transport = make_transport(limits);
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  const std::vector<HttpRequest> requests(8, get(url, seconds{30}));
  std::vector<BufferSink> sinks(requests.size(), BufferSink{64});
  std::vector<Exchange> exchanges;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    exchanges.push_back({&requests[i], &sinks[i]});
  }
  const auto start = SteadyClock::now();
  for (const auto& result : transport.fetch_all(exchanges)) {
    CHECK(kind_of(result) == Kind::Timeout);
  }
  CHECK(since(start) >= kLimit - milliseconds{20});
  CHECK(since(start) < 6 * kLimit);  // together, not one after the other
}

TEST_CASE("an answer that doesn't begin in time is given up", "[transport][curl][limits]") {
  ScriptedServer server;
  server.behave([](ScriptedConnection& connection) { connection.wait_for_close(); });
  TimeLimits limits;
  limits.first_byte = kLimit;
  check_timeout(timed_fetch(limits, server.origin() + "/"), "no answer within 150ms");
}

TEST_CASE("an answer that drips is given up, head or body", "[transport][curl][limits]") {
  const std::string beginning =
      GENERATE(values<std::string>({"HTTP/1.1 200 OK\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\n"}));
  CAPTURE(beginning);
  ScriptedServer server;
  server.behave([&beginning](ScriptedConnection& connection) {
    connection.send(beginning);
    const bool in_head = beginning.find("\r\n\r\n") == std::string::npos;
    const bool chunked = beginning.find("chunked") != std::string::npos;
    while (connection.pause(milliseconds{10}) && connection.send(in_head   ? "X: y\r\n"
                                                                 : chunked ? "1\r\nx\r\n"
                                                                           : "x")) {
    }
  });
  TimeLimits limits;
  limits.slow_span = kLimit;
  check_timeout(timed_fetch(limits, server.origin() + "/"), "less than 3072 bytes within 150ms");
}

}  // namespace leangate::transport
