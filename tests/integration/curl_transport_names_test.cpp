// Names that lead elsewhere: rebinding, answers of which only a part may be dialled, addresses in
// spellings that parsers disagree about.
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "tests/integration/curl_transport_fixture.h"
#include "tests/support/catch.h"
#include "webhook/transport/curl_transport.h"

namespace leangate::transport {
namespace {

using Addresses = std::vector<std::string>;

// Every question has the next of the answers, whatever the name.
class ScriptedResolver final : public Resolver {
 public:
  explicit ScriptedResolver(std::deque<Addresses> answers) : answers_{std::move(answers)} {}

  void resolve(const NameQuery&, Done done) override {
    Addresses addresses;
    {
      const std::lock_guard lock{mutex_};
      REQUIRE_FALSE(answers_.empty());
      addresses = answers_.front();
      answers_.pop_front();
    }
    done(Resolution{addresses, "", false});
  }

 private:
  std::mutex mutex_;
  std::deque<Addresses> answers_;
};

CurlTransport transport_with(std::deque<Addresses> answers) {
  CurlTransportOptions options;
  options.deny = {Cidr::parse("127.0.0.3/32").value()};
  return CurlTransport{options, std::make_shared<ScriptedResolver>(std::move(answers))};
}

}  // namespace

TEST_CASE("a name is judged by its address each time, not by what it was before",
          "[transport][curl][names]") {
  // The test's "public" address is a loopback one, and its "loopback" one a denied one.
  const Addresses forbidden = GENERATE(
      values<Addresses>({{"127.0.0.3"}, {"::ffff:127.0.0.3"}, {"169.254.169.254"}, {"0.0.0.0"}}));
  CAPTURE(forbidden);
  ScriptedServer server;
  server.behave([](ScriptedConnection& connection) {
    RecordedRequest request;
    if (connection.read_request(request)) {
      connection.send(http_response(200, "ok", {"Connection: close"}));
    }
  });
  CurlTransport transport = transport_with({{"127.0.0.1"}, forbidden, {"127.0.0.1"}});
  BufferSink sink{64};
  const HttpRequest request = get(server.origin("rebinding.test") + "/");
  REQUIRE(transport.fetch(request, sink).has_value());
  CHECK(kind_of(transport.fetch(request, sink)) == Kind::Refused);
  CHECK(transport.fetch(request, sink).has_value());
  CHECK(server.connections() == 2);
}

TEST_CASE("of several addresses only those that may be are dialled", "[transport][curl][names]") {
  ScriptedServer server;
  server.on("/", http_response(200, "ok"));
  struct Case {
    Addresses addresses;
    bool reached;
  };
  const auto c = GENERATE(values<Case>({
      {{"10.0.0.1", "127.0.0.1"}, true},
      {{"169.254.169.254", "::1", "127.0.0.1"}, true},
      {{"127.0.0.3", "10.0.0.1"}, false},
      {{"::ffff:127.0.0.3", "64:ff9b::a00:1", "127.0.0.3"}, false},
  }));
  CAPTURE(c.addresses);
  CurlTransport transport = transport_with({c.addresses});
  BufferSink sink{64};
  const auto result = transport.fetch(get(server.origin("mixed.test") + "/"), sink);
  if (c.reached) {
    REQUIRE(result.has_value());
    CHECK(result->remote_address == "127.0.0.1");
  } else {
    CHECK(kind_of(result) == Kind::Refused);
    CHECK(server.connections() == 0);
  }
}

TEST_CASE("an address is one in any spelling, and nobody is asked about it",
          "[transport][curl][names]") {
  const std::string host = GENERATE(values<std::string>({"127.0.0.1",
                                                         "127.1",
                                                         "0x7f.1",
                                                         "0x7f000001",
                                                         "0177.0.0.1",
                                                         "2130706433",
                                                         "0",
                                                         "0.0.0.0",
                                                         "169.254.169.254",
                                                         "2852039166",
                                                         "0xa9fea9fe",
                                                         "[::]",
                                                         "[::1]",
                                                         "[::ffff:127.0.0.1]",
                                                         "[::ffff:a9fe:a9fe]",
                                                         "[64:ff9b::7f00:1]",
                                                         "[2002:7f00:1::]"}));
  CAPTURE(host);
  ScriptedServer server;
  server.on("/", http_response(200, "secret"));
  CurlTransport transport = transport_with({});
  BufferSink sink{64};
  HttpRequest request = get(server.origin(host) + "/");
  request.access = nullptr;
  CHECK(kind_of(transport.fetch(request, sink)) == Kind::Refused);
  CHECK(server.connections() == 0);
}

TEST_CASE("a listed loopback address is reached in any spelling", "[transport][curl][names]") {
  const std::string host =
      GENERATE(values<std::string>({"127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"}));
  CAPTURE(host);
  ScriptedServer server;
  server.on("/", http_response(200, "ok"));
  CurlTransport transport = transport_with({});
  BufferSink sink{64};
  CHECK(transport.fetch(get(server.origin(host) + "/"), sink).has_value());
}

}  // namespace leangate::transport
