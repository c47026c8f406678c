// Through a proxy: who is asked what, who learns which secret, and which names are never asked for.
#include <string>
#include <vector>

#include "tests/fakes/temporary_folder.h"
#include "tests/fakes/test_certificates.h"
#include "tests/integration/curl_transport_fixture.h"
#include "tests/support/catch.h"
#include "webhook/transport/curl_transport.h"

namespace leangate::transport {
namespace {

constexpr const char* kSecret = "hush-hush";

// Leads tunnels to that port whatever host is asked for, and answers other requests itself.
void act_as_proxy(ScriptedServer& proxy, std::uint16_t target_port) {
  proxy.behave([target_port](ScriptedConnection& connection) {
    RecordedRequest request;
    while (connection.read_request(request)) {
      if (request.method == "CONNECT") {
        connection.send("HTTP/1.1 200 Connected\r\nX-Proxy: tunnel\r\n\r\n");
        connection.relay_to(target_port);
        return;
      }
      connection.send(http_response(200, "forwarded " + request.target));
    }
  });
}

CurlTransportOptions through(const std::string& proxy_url,
                             const std::vector<std::string>& exceptions = {}) {
  CurlTransportOptions options;
  options.user_agent = "leangate-test";
  options.proxy = Proxy::parse(proxy_url).value();
  for (const std::string& exception : exceptions) {
    options.proxy->exceptions.push_back(ProxyException::parse(exception).value());
  }
  return options;
}

std::string proxy_url(const ScriptedServer& proxy, const std::string& user = "") {
  std::string url = proxy.origin("proxy.test");
  return user.empty() ? url : url.insert(url.find("//") + 2, user + "@");
}

std::shared_ptr<const HostAccess> public_access(const std::string& ca_file) {
  HostAccess access;
  access.ca_file = ca_file;
  return std::make_shared<const HostAccess>(access);
}

// A request to a public host that carries a secret of ours.
HttpRequest secret_request(const std::string& url, const std::string& ca_file = "") {
  HttpRequest request = get(url);
  request.access = public_access(ca_file);
  request.headers = {{"Authorization", "Bearer token-of-ours"}};
  return request;
}

std::string header_names(const RecordedRequest& request) {
  std::string names;
  for (const auto& [name, value] : request.headers) {
    names += name + " ";
  }
  return names;
}

struct Site {
  fakes::TemporaryFolder folder;
  fakes::TestAuthority authority{folder};
  ScriptedServer target{authority.issue("target", named({"registry.example", "other.example"}))};

  static fakes::LeafOptions named(std::vector<std::string> names) {
    fakes::LeafOptions leaf;
    leaf.names = std::move(names);
    return leaf;
  }
};

}  // namespace

TEST_CASE("an https target is reached through a tunnel that knows nothing of the request",
          "[transport][curl][proxy]") {
  Site site;
  const bool tls_to_proxy = GENERATE(false, true);
  CAPTURE(tls_to_proxy);
  const auto owner = tls_to_proxy ? std::make_unique<ScriptedServer>(
                                        site.authority.issue("proxy", Site::named({"proxy.test"})))
                                  : std::make_unique<ScriptedServer>();
  ScriptedServer& proxy = *owner;
  act_as_proxy(proxy, site.target.port());
  site.target.on("/v2/", http_response(200, "ok", {"X: 1"}));
  CurlTransportOptions options = through(proxy_url(proxy, std::string{"robot:"} + kSecret));
  options.proxy->ca_file = site.authority.ca_file();
  CurlTransport transport{options, std::make_shared<FakeResolver>()};
  BufferSink sink{64};

  const auto response = transport.fetch(
      secret_request("https://registry.example:5000/v2/", site.authority.ca_file()), sink);
  CAPTURE(response ? "" : response.error().detail);
  REQUIRE(response.has_value());
  CHECK(response->status == 200);
  CHECK(sink.body() == "ok");
  CHECK(response->header("x") == "1");
  CHECK(response->header("x-proxy").empty());

  REQUIRE(proxy.requests().size() == 1);
  const RecordedRequest connect = proxy.requests()[0];
  CHECK(connect.method == "CONNECT");
  CHECK(connect.target == "registry.example:5000");
  CHECK(header_names(connect) == "host proxy-authorization user-agent proxy-connection ");
  CHECK(connect.header("proxy-authorization") == "Basic cm9ib3Q6aHVzaC1odXNo");
  REQUIRE(site.target.requests().size() == 1);
  CHECK(header_names(site.target.requests()[0]) == "host user-agent authorization ");
  CHECK(site.target.requests()[0].header("host") == "registry.example:5000");
}

TEST_CASE("an http target is asked of the proxy in whole", "[transport][curl][proxy]") {
  ScriptedServer proxy;
  act_as_proxy(proxy, 1);
  CurlTransport transport{through(proxy_url(proxy, std::string{"robot:"} + kSecret)),
                          std::make_shared<FakeResolver>()};
  BufferSink sink{256};
  for (const std::string host : {"registry.example", "other.example"}) {
    REQUIRE(transport.fetch(secret_request("http://" + host + "/v2/?a=b"), sink).has_value());
    CHECK(sink.body() == "forwarded http://" + host + "/v2/?a=b");
  }
  CHECK(proxy.requests()[0].header("proxy-authorization") == "Basic cm9ib3Q6aHVzaC1odXNo");
  CHECK(proxy.requests()[0].header("host") == "registry.example");
  CHECK(proxy.connections() == 1);
}

TEST_CASE("a proxy that wants other credentials fails the exchange and learns no secret of ours",
          "[transport][curl][proxy]") {
  ScriptedServer proxy;
  proxy.behave([](ScriptedConnection& connection) {
    RecordedRequest request;
    while (connection.read_request(request)) {
      connection.send(http_response(407, "who?", {"Proxy-Authenticate: Basic realm=\"x\""}));
    }
  });
  const std::string user = GENERATE(values<std::string>({"", std::string{"robot:"} + kSecret}));
  CurlTransport transport{through(proxy_url(proxy, user)), std::make_shared<FakeResolver>()};
  BufferSink sink{64};
  for (const std::string scheme : {"https", "http"}) {
    CAPTURE(user, scheme);
    const auto result = transport.fetch(secret_request(scheme + "://registry.example/"), sink);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().kind == Kind::Connect);
    CHECK_THAT(result.error().detail, Catch::Contains("407"));
    CHECK_THAT(result.error().detail, !Catch::Contains(kSecret) && !Catch::Contains("token-of"));
    CHECK(sink.body().empty());
  }
  CHECK(proxy.requests().front().method == "CONNECT");
  CHECK(proxy.requests().front().header("authorization").empty());
}

TEST_CASE("a proxy may do the same wrong as any server", "[transport][curl][proxy]") {
  struct Case {
    const char* name;
    ScriptedServer::Behaviour behaviour;
    std::vector<Kind> kinds;
  };
  const auto c = GENERATE(values<Case>({
      {"closes at once", [](ScriptedConnection&) {}, {Kind::Connect}},
      {"refuses the tunnel",
       [](ScriptedConnection& peer) {
         RecordedRequest request;
         peer.read_request(request);
         peer.send(http_response(403, std::string(100'000, 'x')));
       },
       {Kind::Connect}},
      {"speaks no HTTP",
       [](ScriptedConnection& peer) {
         RecordedRequest request;
         peer.read_request(request);
         peer.send("220 mail.example ESMTP\r\n\r\n");
       },
       {Kind::Connect, Kind::Protocol, Kind::Tls}},
      {"endless headers",
       [](ScriptedConnection& peer) {
         RecordedRequest request;
         peer.read_request(request);
         peer.send("HTTP/1.1 200 OK\r\n");
         while (peer.send("X-More: yes\r\n")) {
         }
       },
       {Kind::Timeout, Kind::Protocol, Kind::Connect}},
      {"one endless header",
       [](ScriptedConnection& peer) {
         RecordedRequest request;
         peer.read_request(request);
         peer.send("HTTP/1.1 200 OK\r\nX: ");
         while (peer.send("yyyyyyyyyyyyyyyyyyyyyyyyyyyyy")) {
         }
       },
       {Kind::Timeout, Kind::Protocol, Kind::Connect}},
      {"keeps silent", [](ScriptedConnection& peer) { peer.wait_for_close(); }, {Kind::Timeout}},
      {"ends TLS in the tunnel",
       [](ScriptedConnection& peer) {
         RecordedRequest request;
         peer.read_request(request);
         peer.send("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
       },
       {Kind::Tls}},
  }));
  DYNAMIC_SECTION(c.name) {
    ScriptedServer proxy;
    proxy.behave(c.behaviour);
    CurlTransportOptions options = through(proxy_url(proxy));
    options.limits.connect = milliseconds{300};
    CurlTransport transport{options, std::make_shared<FakeResolver>()};
    BufferSink sink{64};
    const auto start = SteadyClock::now();
    const Kind kind = kind_of(transport.fetch(secret_request("https://registry.example/"), sink));
    CHECK_THAT(c.kinds, Catch::VectorContains(kind));
    CHECK(since(start) < seconds{8});  // libcurl takes endless headers byte by byte, up to 300 KiB
    CHECK(sink.body().empty());
  }
}

TEST_CASE("names that lead inside are not asked of the proxy", "[transport][curl][proxy][names]") {
  ScriptedServer proxy;
  act_as_proxy(proxy, 1);
  CurlTransport transport{through(proxy_url(proxy)), std::make_shared<FakeResolver>()};
  BufferSink sink{64};
  for (const std::string host : {"localhost",
                                 "LocalHost.",
                                 "127.0.0.1",
                                 "0x7f.1",
                                 "2130706433",
                                 "[::ffff:127.0.0.1]",
                                 "169.254.169.254",
                                 "metadata.google.internal",
                                 "kubernetes.default.svc",
                                 "10.0.0.1",
                                 "registry"}) {
    for (const std::string scheme : {"https", "http"}) {
      CAPTURE(scheme, host);
      CHECK(kind_of(transport.fetch(secret_request(scheme + "://" + host + "/"), sink)) ==
            Kind::Refused);
    }
  }
  CHECK(proxy.connections() == 0);

  HttpRequest listed = secret_request("http://registry/");
  HostAccess access;
  access.configured = access.allow_private = true;
  listed.access = std::make_shared<const HostAccess>(access);
  CHECK(transport.fetch(listed, sink).has_value());
}

TEST_CASE("exceptions are dialled, and judged by their address", "[transport][curl][proxy]") {
  ScriptedServer proxy;
  act_as_proxy(proxy, 1);
  ScriptedServer direct;
  direct.on("/", http_response(200, "direct"));
  CurlTransport transport{through(proxy_url(proxy), {"public.test", ".corp.test", "127.0.0.0/8"}),
                          std::make_shared<FakeResolver>()};
  BufferSink sink{64};
  HttpRequest request = get(direct.origin("127.0.0.1") + "/");
  REQUIRE(transport.fetch(request, sink).has_value());
  CHECK(sink.body() == "direct");
  request.access = nullptr;
  CHECK(kind_of(transport.fetch(request, sink)) == Kind::Refused);
  request.url.host = "public.test";
  CHECK(kind_of(transport.fetch(request, sink)) == Kind::Refused);
  request.url.host = "a.corp.test";
  CHECK(kind_of(transport.fetch(request, sink)) == Kind::Resolve);
  CHECK(proxy.connections() == 0);
}

TEST_CASE("the proxy's own address may be private or loopback, and nothing worse",
          "[transport][curl][proxy]") {
  const std::string host = GENERATE(values<std::string>(
      {"169.254.169.254", "0.0.0.0", "224.0.0.1", "127.0.0.9", "linklocal.test"}));
  CAPTURE(host);
  CurlTransportOptions options = through("http://" + host + ":3128");
  options.deny = {Cidr::parse("127.0.0.9/32").value()};
  CurlTransport transport{options, std::make_shared<FakeResolver>()};
  BufferSink sink{64};
  CHECK(kind_of(transport.fetch(secret_request("https://registry.example/"), sink)) ==
        Kind::Refused);
}

TEST_CASE("the proxy's name is vouched for, and no other is looked up",
          "[transport][curl][proxy]") {
  ScriptedServer proxy;
  act_as_proxy(proxy, 1);
  const auto resolver = std::make_shared<FakeResolver>();
  CurlTransport transport{through(proxy_url(proxy)), resolver};
  BufferSink sink{64};
  REQUIRE(transport.fetch(secret_request("http://registry.example/"), sink).has_value());
  const auto queries = resolver->queries();
  REQUIRE(queries.size() == 1);
  CHECK(queries[0].host == "proxy.test");
  CHECK(queries[0].standing == NameStanding::Configured);

  CurlTransport lost{through("http://unknown.test:3128"), resolver};
  const auto result = lost.fetch(secret_request("http://registry.example/"), sink);
  CHECK(kind_of(result) == Kind::Resolve);
  CHECK_THAT(result.error().detail, Catch::Contains("the proxy's name: no such name"));
}

TEST_CASE("a tunnel is used again by those who trust the same authorities only",
          "[transport][curl][proxy][tls]") {
  Site site;
  site.target.on("/", http_response(200, "ok"));
  ScriptedServer proxy;
  act_as_proxy(proxy, site.target.port());
  CurlTransport transport{through(proxy_url(proxy)), std::make_shared<FakeResolver>()};
  BufferSink sink{64};
  const HttpRequest trusting =
      secret_request("https://registry.example/", site.authority.ca_file());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(transport.fetch(trusting, sink).has_value());
  }
  CHECK(proxy.connections() == 1);
  CHECK(kind_of(transport.fetch(secret_request("https://registry.example/"), sink)) == Kind::Tls);
  REQUIRE(transport.fetch(secret_request("https://other.example/", site.authority.ca_file()), sink)
              .has_value());
  CHECK(proxy.connections() == 3);
}

}  // namespace leangate::transport
