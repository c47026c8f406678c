// A client certificate is a credential: the host it is listed for sees it, and nobody else.
#include <memory>
#include <string>

#include "tests/fakes/scripted_server.h"
#include "tests/integration/curl_transport_fixture.h"
#include "tests/integration/inspection_fixture.h"
#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

using fakes::http_response;
using fakes::RecordedRequest;
using fakes::ScriptedServer;

// Three servers over TLS. The registry requires a certificate, the others take one where offered.
struct Servers {
  fakes::TemporaryFolder folder;
  fakes::TestAuthority authority{folder};
  fakes::CertificateFiles client = authority.issue("client", named("leangate"));
  ScriptedServer registry{authority.issue("registry"), {authority.ca_file(), true}};
  ScriptedServer tokens{authority.issue("tokens"), {authority.ca_file(), false}};
  ScriptedServer blobs{authority.issue("blobs"), {authority.ca_file(), false}};

  static fakes::LeafOptions named(const std::string& name) {
    fakes::LeafOptions options;
    options.common_name = name;
    return options;
  }
};

std::string host_of(const ScriptedServer& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

}  // namespace

TEST_CASE("a client certificate is shown to its registry, to no realm and no redirect's target",
          "[inspection][hostile][tls]") {
  Servers servers;
  servers.registry.on(
      "/v2/team/app/manifests/1",
      [&servers](const RecordedRequest& request, fakes::ScriptedConnection& connection) {
        return connection.send(
            request.header("authorization").empty()
                ? http_response(401,
                                "",
                                {"WWW-Authenticate: Bearer realm=\"" + servers.tokens.origin() +
                                 "/token\",service=\"s\""})
                : http_response(307, "", {"Location: " + servers.blobs.origin() + "/blob"}));
      });
  servers.tokens.on("/token", http_response(200, R"({"token": "t"})"));
  servers.blobs.on("/blob", http_response(404, ""));
  registry::HostRule rule;
  rule.host = host_of(servers.registry);
  rule.ca_file = servers.authority.ca_file();
  rule.client_cert_file = servers.client.certificate;
  rule.client_key_file = servers.client.key;
  rule.token_realms = {host_of(servers.tokens)};
  rule.redirect_hosts = {host_of(servers.blobs)};
  registry::RegistryOptions options;
  options.hosts = {rule};
  InspectionStack stack{options};
  ask(stack.registry, request_for(host_of(servers.registry), "1"));

  REQUIRE(servers.registry.requests().size() >= 2);
  for (const RecordedRequest& request : servers.registry.requests()) {
    CHECK(request.client == "leangate");
  }
  for (const ScriptedServer* other : {&servers.tokens, &servers.blobs}) {
    REQUIRE_FALSE(other->requests().empty());
    for (const RecordedRequest& request : other->requests()) {
      CHECK(request.client.empty());
    }
  }
}

TEST_CASE("a connection with a client certificate isn't used for requests without",
          "[transport][curl][tls]") {
  using transport::BufferSink;
  Servers servers;
  servers.registry.on("/", http_response(200, "ok"));
  transport::CurlTransport curl = transport::make_transport();
  BufferSink sink{64};
  transport::HttpRequest request = transport::get(servers.registry.origin() + "/");
  transport::HostAccess access = *transport::loopback_access(servers.authority.ca_file());
  const auto without = std::make_shared<const transport::HostAccess>(access);
  access.client_cert_file = servers.client.certificate;
  access.client_key_file = servers.client.key;
  const auto with = std::make_shared<const transport::HostAccess>(access);

  request.access = with;
  REQUIRE(curl.fetch(request, sink).has_value());
  request.access = without;
  CHECK_FALSE(curl.fetch(request, sink).has_value());
  request.access = with;
  REQUIRE(curl.fetch(request, sink).has_value());
  access.client_key_file = servers.authority.ca_file();  // no key
  request.access = std::make_shared<const transport::HostAccess>(access);
  CHECK(transport::kind_of(curl.fetch(request, sink)) == transport::Kind::Tls);
  for (const RecordedRequest& seen : servers.registry.requests()) {
    CHECK(seen.client == "leangate");
  }
  CHECK(servers.registry.requests().size() == 2);
}

}  // namespace leangate::inspection
