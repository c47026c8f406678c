#include "webhook/server/https_server.h"

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "tests/fakes/temporary_folder.h"
#include "tests/fakes/test_certificates.h"
#include "tests/fakes/tls_client.h"
#include "tests/support/catch.h"

namespace leangate::server {
namespace {

using namespace std::chrono_literals;
using fakes::Answer;
using fakes::RawClient;
using fakes::TlsClient;

constexpr std::size_t kMi = 1u << 20;

std::string post(const std::string& body, const std::string& fields = "") {
  return "POST /validate?timeout=5s HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n" +
         fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A server whose answers tell what the handler saw.
class Served {
 public:
  explicit Served(ServerOptions options = {}, ValidateHandler handler = describe) {
    options.listen = "127.0.0.1:0";
    auto started = HttpsServer::start(options, *certificates_, metrics_, std::move(handler));
    REQUIRE(started.has_value());
    server_ = std::move(*started);
  }

  static ValidateAnswer describe(const ValidateCall& call) {
    return {200,
            "application/json",
            std::to_string(call.body.size()) + (call.truncated ? " truncated " : " whole ") +
                call.timeout};
  }

  HttpsServer& operator*() { return *server_; }
  HttpsServer* operator->() { return server_.get(); }
  std::uint16_t port() const { return server_->port(); }
  const std::string& ca_file() const { return authority_.ca_file(); }
  // Waits until the gauge shows so many.
  bool shows(const std::string& state, std::size_t count) const {
    const std::string line =
        "leangate_connections{state=\"" + state + "\"} " + std::to_string(count) + "\n";
    for (int i = 0; i < 5000; ++i) {
      if (metrics_.render().find(line) != std::string::npos) {
        return true;
      }
      std::this_thread::sleep_for(2ms);
    }
    return false;
  }

 private:
  fakes::TemporaryFolder folder_;
  fakes::TestAuthority authority_{folder_};
  fakes::CertificateFiles files_ = authority_.issue("server");
  std::unique_ptr<CertificateStore> certificates_ =
      CertificateStore::open(files_.certificate, files_.key).value();
  observability::Metrics metrics_;
  std::unique_ptr<HttpsServer> server_;
};

std::string body_of(const std::optional<Answer>& answer) {
  return answer ? answer->body : "(no answer)";
}

TEST_CASE("reviews are answered one after the other on one connection", "[server]") {
  Served server;
  TlsClient client{server.port(), {.ca_file = server.ca_file()}};
  CHECK(client.version() == "TLSv1.3");
  for (int i = 0; i < 20; ++i) {
    const auto answer = client.call(post(std::string(static_cast<std::size_t>(i), 'x')));
    REQUIRE(answer.has_value());
    CHECK(answer->status == 200);
    CHECK_FALSE(answer->closes());
    CHECK(answer->body == std::to_string(i) + " whole 5s");
  }
}

TEST_CASE("a second request behind the first is answered second", "[server]") {
  Served server;
  TlsClient client{server.port()};
  client.send(post("a") + post("bb"));
  CHECK(body_of(client.receive()) == "1 whole 5s");
  CHECK(body_of(client.receive()) == "2 whole 5s");
}

TEST_CASE("chunked bodies are read", "[server]") {
  Served server;
  TlsClient client{server.port()};
  CHECK(
      body_of(client.call("POST /validate HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")) == "5 whole ");
  CHECK(body_of(client.call(post("z"))) == "1 whole 5s");
}

TEST_CASE("an endless chunked body is answered at the limit", "[server]") {
  Served server{{.max_body_bytes = 256u << 10}};
  TlsClient client{server.port()};
  client.send("POST /validate HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  for (int i = 0; i < 1000 && client.send(chunk); ++i) {
  }
  const auto answer = client.receive();
  CHECK(body_of(answer) == "262144 truncated ");
  CHECK((answer && answer->closes()));
}

TEST_CASE("a body of exactly the limit is read in full", "[server]") {
  Served server;
  TlsClient client{server.port()};
  CHECK(body_of(client.call(post(std::string(32 * kMi, 'x')))) == "33554432 whole 5s");
  CHECK(body_of(client.call(post("x"))) == "1 whole 5s");
}

TEST_CASE("a body declared too large is answered from its beginning", "[server]") {
  Served server;
  TlsClient client{server.port()};
  const auto answer = client.call(post(std::string(33 * kMi, 'x')));
  CHECK(body_of(answer) == "65536 truncated 5s");
  CHECK((answer && answer->closes()));
  CHECK(client.waits_for_close());
}

TEST_CASE("bodies wait for memory and are cut when there is none", "[server]") {
  Served server{{.body_memory = 1 * kMi}};
  TlsClient holder{server.port()};
  holder.send("POST /validate HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" +
              std::string(600u << 10, 'x'));
  TlsClient other{server.port()};
  // 64 KiB are everybody's; the next step is refused while the holder has all.
  SECTION("cut") {
    const auto answer = other.call(post(std::string(kMi, 'y')));
    CHECK_THAT(body_of(answer), Catch::Matchers::Contains("truncated"));
  }
  SECTION("served after the holder") {
    std::thread sender{[&] { other.send(post(std::string(kMi, 'y'))); }};
    holder.send(std::string(kMi - (600u << 10), 'x'));
    CHECK(body_of(holder.receive()) == "1048576 whole ");
    sender.join();
    CHECK(body_of(other.receive()) == "1048576 whole 5s");
  }
}

TEST_CASE("what is no review request is turned away", "[server]") {
  struct Case {
    const char* name;
    std::string request;
    int status;
    bool closes;
  };
  const auto row = GENERATE(values<Case>({
      {"GET", "GET /validate HTTP/1.1\r\nHost: h\r\n\r\n", 405, false},
      {"unknown path", "POST /<b> HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 404, false},
      {"range", post("", "Range: bytes=0-1\r\n"), 400, true},
      {"gzip body", post("", "Content-Encoding: gzip\r\n"), 415, true},
      {"two framings", post("", "Transfer-Encoding: chunked\r\n"), 400, true},
      {"endless head", "GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a'), 431, true},
  }));
  DYNAMIC_SECTION(row.name) {
    Served server;
    TlsClient client{server.port()};
    const auto answer = client.call(row.request);
    REQUIRE(answer.has_value());
    CHECK(answer->status == row.status);
    CHECK(answer->closes() == row.closes);
    CHECK_THAT(answer->head, Catch::Matchers::Contains("Content-Type: text/plain"));
    CHECK_THAT(answer->head, !Catch::Matchers::Contains("Retry-After"));
    CHECK_THAT(answer->body, !Catch::Matchers::Contains("<b>"));
    CHECK((answer->status != 405 || answer->head.find("Allow: POST\r\n") != std::string::npos));
    CHECK((!row.closes || client.waits_for_close()));
  }
}

TEST_CASE("answers are never compressed", "[server]") {
  const std::string large(100'000, 'j');
  Served server{{}, [&](const ValidateCall&) {
                  return ValidateAnswer{200, "application/json", large};
                }};
  TlsClient client{server.port()};
  const auto answer = client.call(post("{}"));
  REQUIRE(answer.has_value());
  CHECK(answer->body == large);
  CHECK_THAT(answer->head, !Catch::Matchers::Contains("Content-Encoding"));
}

TEST_CASE("a client that asks first is told to continue", "[server]") {
  Served server;
  TlsClient client{server.port()};
  client.send(
      "POST /validate HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const auto interim = client.receive();
  REQUIRE(interim.has_value());
  CHECK(interim->status == 100);
  CHECK(body_of(client.call("{}")) == "2 whole ");
}

TEST_CASE("idle and half-open connections hold nobody up", "[server]") {
  Served server{{.threads = 2}};
  std::vector<std::unique_ptr<TlsClient>> idle;
  std::vector<std::unique_ptr<RawClient>> half_open;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<TlsClient>(server.port()));
  }
  for (int i = 0; i < 50; ++i) {
    half_open.push_back(std::make_unique<RawClient>(server.port()));
  }
  CHECK(server.shows("idle", 200));
  CHECK(server.shows("handshaking", 50));
  TlsClient client{server.port()};
  CHECK(body_of(client.call(post("x"))) == "1 whole 5s");
  CHECK(body_of(idle.front()->call(post("x"))) == "1 whole 5s");
}

TEST_CASE("slow clients are cut by the deadline of their stage", "[server]") {
  Served server{{.handshake_timeout = 50ms,
                 .header_timeout = 50ms,
                 .body_timeout = 50ms,
                 .idle_timeout = 100ms}};
  SECTION("handshake") {
    CHECK(RawClient{server.port()}.waits_for_close());
  }
  const auto sent = GENERATE(
      values<std::string>({"",
                           "POST /validate HT",
                           "POST /validate HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx"}));
  DYNAMIC_SECTION("after " << sent.size() << " bytes") {
    TlsClient client{server.port()};
    client.send(sent);
    CHECK_FALSE(client.receive().has_value());
    CHECK(client.waits_for_close());
  }
}

TEST_CASE("a client that doesn't read holds no worker", "[server]") {
  const std::string large(64 * kMi, 'j');
  Served server{{.threads = 1, .write_timeout = 200ms}, [&](const ValidateCall& call) {
                  return ValidateAnswer{200, "application/json", call.body.empty() ? large : "{}"};
                }};
  TlsClient deaf{server.port()};
  deaf.send(post(""));
  TlsClient client{server.port()};
  CHECK(body_of(client.call(post("x"))) == "{}");
  CHECK(server.shows("active", 0));
}

TEST_CASE("at the limit of connections the idle ones go first", "[server]") {
  Served server{{.max_connections = 3}};
  TlsClient oldest{server.port()};
  TlsClient busy{server.port()};
  busy.send("POST /validate HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n");
  TlsClient idle{server.port()};
  CHECK(server.shows("idle", 2));
  TlsClient client{server.port()};
  CHECK(body_of(client.call(post("x"))) == "1 whole 5s");
  CHECK(oldest.waits_for_close());
  CHECK(body_of(busy.call("{}")) == "2 whole ");
  CHECK(body_of(idle.call(post("x"))) == "1 whole 5s");
}

TEST_CASE("an old connection is closed with its next answer", "[server]") {
  Served server{{.max_connection_age = 0ms}};
  TlsClient client{server.port()};
  const auto answer = client.call(post("x"));
  CHECK((answer && answer->closes()));
  CHECK(client.waits_for_close());
}

TEST_CASE("draining closes every connection with its answer and goes on accepting", "[server]") {
  Served server;
  TlsClient before{server.port()};
  CHECK(body_of(before.call(post("x"))) == "1 whole 5s");
  server->drain();
  const auto last = before.call(post("x"));
  CHECK((last && last->closes()));
  TlsClient after{server.port()};
  const auto answer = after.call(post("x"));
  CHECK((answer && answer->status == 200 && answer->closes()));
}

TEST_CASE("stopping finishes the review in flight", "[server]") {
  std::promise<void> entered;
  std::promise<void> release;
  Served server{{}, [&](const ValidateCall&) {
                  entered.set_value();
                  release.get_future().wait();
                  return ValidateAnswer{200, "application/json", "done"};
                }};
  const std::uint16_t port = server.port();
  TlsClient idle{port};
  TlsClient client{port};
  client.send(post("x"));
  entered.get_future().wait();
  std::thread stopper{[&] { server->stop(); }};
  CHECK(idle.waits_for_close());
  release.set_value();
  const auto answer = client.receive();
  CHECK(body_of(answer) == "done");
  CHECK((answer && answer->closes()));
  stopper.join();
  CHECK_THROWS(RawClient{port});
}

TEST_CASE("old TLS is refused and HTTP/2 is not offered", "[server]") {
  Served server;
  CHECK_THROWS(TlsClient{server.port(), {.max_version = TLS1_1_VERSION}});
  CHECK(TlsClient{server.port(), {.max_version = TLS1_2_VERSION}}.version() == "TLSv1.2");
  CHECK(TlsClient{server.port(), {.alpn = std::string{"\2h2\10http/1.1"}}}.alpn().empty());
}

TEST_CASE("an address that can't be had is named", "[server]") {
  const auto address = GENERATE(values<const char*>({"nonsense", "127.0.0.1:", "192.0.2.1:0"}));
  CAPTURE(address);
  fakes::TemporaryFolder folder;
  const auto files = fakes::TestAuthority{folder}.issue("server");
  const auto store = CertificateStore::open(files.certificate, files.key);
  REQUIRE(store.has_value());
  observability::Metrics metrics;
  const auto server = HttpsServer::start({.listen = address}, **store, metrics, Served::describe);
  REQUIRE_FALSE(server.has_value());
  CHECK_THAT(server.error(), Catch::Matchers::Contains(address));
}

TEST_CASE("only a certificate and its own key are taken", "[server]") {
  fakes::TemporaryFolder folder;
  const fakes::TestAuthority authority{folder};
  const auto one = authority.issue("one");
  const auto two = authority.issue("two");
  CHECK(CertificateStore::open(one.certificate, one.key).has_value());
  const auto mismatch = CertificateStore::open(one.certificate, two.key);
  REQUIRE_FALSE(mismatch.has_value());
  CHECK_THAT(mismatch.error(), Catch::Matchers::Contains("does not belong"));
  const auto missing = CertificateStore::open((folder.path() / "none.pem").string(), one.key);
  REQUIRE_FALSE(missing.has_value());
  CHECK_THAT(missing.error(), Catch::Matchers::Contains("none.pem"));
  const auto garbage = CertificateStore::open(one.certificate, folder.write("k", "no key"));
  REQUIRE_FALSE(garbage.has_value());
}

}  // namespace
}  // namespace leangate::server
