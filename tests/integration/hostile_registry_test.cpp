// Registries that are down, lie, drip, or want to lead leangate elsewhere: every lookup ends in
// time, in the right kind of failure, and tells nobody a secret.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/explain.h"
#include "tests/fakes/image_builder.h"
#include "tests/fakes/scripted_server.h"
#include "tests/integration/inspection_fixture.h"
#include "tests/support/catch.h"
#include "webhook/registry/text.h"

namespace leangate::inspection {
namespace {

using fakes::http_response;
using fakes::RecordedRequest;
using fakes::ScriptedConnection;
using fakes::ScriptedServer;
using policy::LookupFailureKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using transport::Exchange;
using transport::HttpResponse;
using transport::TransportError;
using Kind = LookupFailureKind;

constexpr const char* kManifest = "/v2/team/app/manifests/1";
constexpr const char* kToken = "token-of-the-test";

// Loopback is for hosts that the operator lists only. This opens it to all, so that what strangers'
// hosts may be told is tested on real sockets, too.
class LoopbackTransport final : public transport::HttpTransport {
 public:
  explicit LoopbackTransport(std::string ca_file) : ca_file_{std::move(ca_file)} {}

  std::vector<Result<HttpResponse, TransportError>> fetch_all(
      const std::vector<Exchange>& exchanges) override {
    std::vector<transport::HttpRequest> requests;
    requests.reserve(exchanges.size());
    std::vector<Exchange> opened;
    for (const Exchange& exchange : exchanges) {
      requests.push_back(*exchange.request);
      transport::HostAccess access;
      access.allow_loopback = true;
      access.ca_file = ca_file_;
      requests.back().access = std::make_shared<const transport::HostAccess>(access);
      opened.push_back({&requests.back(), exchange.sink});
    }
    return curl_.fetch_all(opened);
  }

  bool pause(milliseconds span) override { return curl_.pause(span); }

 private:
  const std::string ca_file_;
  transport::CurlTransport curl_{transport::CurlTransportOptions{}};
};

std::string host_of(const ScriptedServer& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

// A registry under the test's control, another server beside it, and who asks.
struct Scene {
  Scene() { options.hosts.push_back({host_of(registry)}); }

  void forget_host() { options.hosts.clear(); }

  Inspection look_up(const InspectionRequest& request, milliseconds patience = seconds{10}) {
    RegistryInspector inspector{transport, options, metrics, clock};
    return ask(inspector, request, patience);
  }

  fakes::TemporaryFolder folder;
  fakes::TestAuthority authority{folder};
  fakes::CertificateFiles files = authority.issue("server");
  ScriptedServer registry{files};
  ScriptedServer elsewhere{files};
  registry::RegistryOptions options;
  observability::Metrics metrics;
  fakes::FakeClock clock;
  LoopbackTransport transport{authority.ca_file()};
};

// In everything that may be shown: who was asked, and nothing that is secret.
void check_words(const policy::LookupFailure& failure,
                 const std::string& host,
                 bool host_is_configured) {
  CAPTURE(failure.detail, failure.public_detail);
  CHECK(contains(failure.detail, host));
  CHECK(contains(failure.detail, "team/app"));
  if (!host_is_configured) {
    CHECK(failure.public_detail == "could not be read");
  }
  for (const std::string& text : {failure.detail, failure.public_detail}) {
    for (const std::string& secret :
         {std::string{kPassword},
          std::string{kToken},
          registry::encode_base64(std::string{kUser} + ":" + kPassword)}) {
      CHECK_FALSE(contains(text, secret));
    }
    CHECK(std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }));
  }
}

// Answers whatever is asked, with a body that repeats what was sent.
bool echo_credentials(const RecordedRequest& request, ScriptedConnection& connection) {
  const std::string sent = request.header("authorization");
  return sent.empty()
             ? connection.send(http_response(401, "", {"WWW-Authenticate: Basic realm=\"x\""}))
             : connection.send(http_response(500, sent, {"X-Sent: " + sent}));
}

std::string manifest_answer(const std::string& body,
                            const std::string& type = "application/vnd.oci.image.manifest.v1+json",
                            const std::vector<std::string>& more = {}) {
  std::vector<std::string> headers{"Content-Type: " + type};
  headers.insert(headers.end(), more.begin(), more.end());
  return http_response(200, body, headers);
}

std::string chunked_spaces(std::size_t bytes) {
  constexpr std::size_t kChunk = 0x10000;
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t sent = 0; sent < bytes; sent += kChunk) {
    answer += "10000\r\n" + std::string(kChunk, ' ') + "\r\n";
  }
  return answer + "0\r\n\r\n";
}

std::string nested_json(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) {
    text += "{\"a\":";
  }
  return text + "1" + std::string(static_cast<std::size_t>(depth), '}');
}

ScriptedServer::Handler always(const std::string& bytes) {
  return [bytes](const RecordedRequest&, ScriptedConnection& connection) {
    return connection.send(bytes);
  };
}

ScriptedServer::Handler then_close(const std::string& bytes) {
  return [bytes](const RecordedRequest&, ScriptedConnection& connection) {
    connection.send(bytes);
    return false;
  };
}

// A port that nobody listens on, and that nobody else is given meanwhile.
class ClosedPort {
 public:
  ClosedPort() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    host_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~ClosedPort() { ::close(socket_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;

  const std::string& host() const { return host_; }

 private:
  int socket_;
  std::string host_;
};

std::string token_challenge(const std::string& realm) {
  return http_response(401, "", {"WWW-Authenticate: Bearer realm=\"" + realm + "\",service=\"s\""});
}

}  // namespace

TEST_CASE("what a hostile registry answers is a failure of the right kind",
          "[inspection][hostile]") {
  struct Case {
    const char* name;
    ScriptedServer::Handler handler;
    Kind kind;
    bool with_credentials = true;
  };
  const std::string docker = "application/vnd.docker.distribution.";
  const auto row = GENERATE_COPY(values<Case>({
      {"not found", always(http_response(404, "no")), Kind::NotFoundOrDenied},
      {"401 without a challenge", always(http_response(401, "no")), Kind::NotFoundOrDenied},
      {"401 with Basic, nothing to answer with",
       always(http_response(401, "", {"WWW-Authenticate: Basic realm=\"x\""})),
       Kind::NotFoundOrDenied,
       false},
      {"401 with Basic for ever",
       always(http_response(401, "", {"WWW-Authenticate: Basic realm=\"x\""})),
       Kind::NotFoundOrDenied},
      {"internal error", always(http_response(500, "<html>oops</html>")), Kind::Unreachable},
      {"internal error that repeats the password", echo_credentials, Kind::Unreachable},
      {"too many requests", always(http_response(429, "")), Kind::RateLimited},
      {"closes without an answer", then_close(""), Kind::Unreachable},
      {"half an answer", then_close("HTTP/1.1 200 OK\r\nContent-Le"), Kind::Unreadable},
      {"another digest than it says",
       always(manifest_answer("{}",
                              "application/vnd.oci.image.manifest.v1+json",
                              {"Docker-Content-Digest: sha256:" + std::string(64, 'a')})),
       Kind::Unreadable},
      {"a manifest of 5 MiB, announced",
       always(manifest_answer(std::string(5u << 20, ' '))),
       Kind::Unreadable},
      {"a manifest of 5 MiB, in chunks", always(chunked_spaces(5u << 20)), Kind::Unreadable},
      {"a login page",
       always(manifest_answer("<html>Log in</html>", "text/html")),
       Kind::Unreadable},
      {"schema 1",
       always(manifest_answer(R"({"schemaVersion":1,"name":"team/app","fsLayers":[]})",
                              docker + "manifest.v1+prettyjws")),
       Kind::Unsupported},
      {"a document of an unknown type",
       always(manifest_answer(R"({"schemaVersion":2,"mediaType":"application/x-other"})",
                              "application/x-other")),
       Kind::Unsupported},
      {"broken JSON", always(manifest_answer(R"({"schemaVersion":2,)")), Kind::Unreadable},
      {"no JSON but control characters",
       always(manifest_answer("\x1b[2J", "text/\x1b[31mred")),
       Kind::Unreadable},
      {"deep JSON", always(manifest_answer(nested_json(100'000))), Kind::Unreadable},
      {"redirects in a circle",
       always(http_response(307, "", {std::string{"Location: "} + kManifest})),
       Kind::Unreadable},
      {"redirects to a file",
       always(http_response(307, "", {"Location: file:///etc/passwd"})),
       Kind::Refused},
      {"redirects to a place that isn't there, with a signature",
       always(http_response(307, "", {std::string{"Location: /gone?signature="} + kToken})),
       Kind::NotFoundOrDenied},
  }));
  const bool configured = GENERATE(true, false);
  CAPTURE(row.name, configured);
  Scene scene;
  scene.registry.on(kManifest, row.handler);
  if (!configured) {
    scene.forget_host();
  }
  InspectionRequest request = request_for(host_of(scene.registry), "1");
  if (row.with_credentials) {
    request = with_password(request, kPassword);
  }

  const Inspection result = scene.look_up(request);
  REQUIRE(result->failure);
  CHECK(policy::name_of(result->failure->kind) == policy::name_of(row.kind));
  check_words(*result->failure, host_of(scene.registry), configured);
  CHECK(result->platforms.empty());
}

TEST_CASE("a digest that names other bytes is refused", "[inspection][hostile]") {
  Scene scene;
  const fakes::BuiltImage image = fakes::build_image({});
  const std::string digest = "sha256:" + std::string(64, 'a');
  scene.registry.on("/v2/team/app/manifests/" + digest, manifest_answer(image.manifest.bytes));

  const Inspection result = scene.look_up(request_for(host_of(scene.registry), digest));
  REQUIRE(result->failure);
  CHECK(result->failure->kind == Kind::Unreadable);
  CHECK(contains(result->failure->detail, "differs from its digest"));
  check_words(*result->failure, host_of(scene.registry), true);
}

TEST_CASE("a registry that is down is unreachable", "[inspection][hostile]") {
  const ClosedPort nobody;
  Scene scene;
  const bool configured = GENERATE(true, false);
  scene.options.hosts.front().host = configured ? nobody.host() : "another.example";

  const Inspection result =
      scene.look_up(with_password(request_for(nobody.host(), "1"), kPassword));
  REQUIRE(result->failure);
  CHECK(result->failure->kind == Kind::Unreachable);
  check_words(*result->failure, nobody.host(), configured);
}

TEST_CASE("a host on loopback that nobody listed isn't even dialled", "[inspection][hostile]") {
  Scene scene;
  InspectionStack stack{registry::RegistryOptions{}};

  const Inspection result = ask(stack.caching, request_for(host_of(scene.registry), "1"));
  REQUIRE(result->failure);
  CHECK(result->failure->kind == Kind::Refused);
  check_words(*result->failure, host_of(scene.registry), false);
  CHECK(scene.registry.connections() == 0);
}

TEST_CASE("an artifact is no failure: it has layers and no config", "[inspection][hostile]") {
  Scene scene;
  fakes::ImageSpec spec;
  spec.artifact_config_type = "application/vnd.cncf.helm.config.v1+json";
  scene.registry.on(kManifest, manifest_answer(fakes::build_image(spec).manifest.bytes));

  const Inspection result = scene.look_up(request_for(host_of(scene.registry), "1"));
  REQUIRE_FALSE(result->failure);
  REQUIRE(result->platforms.size() == 1);
  CHECK_FALSE(result->platforms.front().config);
  CHECK(scene.registry.requests().size() == 1);
}

TEST_CASE("a password leaves for no other host, whatever the registry says",
          "[inspection][hostile]") {
  Scene scene;
  const InspectionRequest request =
      with_password(request_for(host_of(scene.registry), "1"), kPassword);
  const fakes::BuiltImage image = fakes::build_image({});

  SECTION("a token realm elsewhere") {
    scene.registry.on(kManifest, token_challenge(scene.elsewhere.origin() + "/token"));
    const Inspection result = scene.look_up(request);
    REQUIRE(result->failure);
    CHECK(result->failure->kind == Kind::Refused);
    check_words(*result->failure, host_of(scene.registry), true);
    CHECK(scene.elsewhere.connections() == 0);
  }
  SECTION("a manifest elsewhere") {
    scene.registry.on(kManifest, [&](const RecordedRequest& asked, ScriptedConnection& connection) {
      return connection.send(
          asked.header("authorization").empty()
              ? http_response(401, "", {"WWW-Authenticate: Basic realm=\"x\""})
              : http_response(307, "", {"Location: " + scene.elsewhere.origin() + "/m"}));
    });
    scene.registry.on("/v2/team/app/blobs/" + image.config.digest,
                      http_response(200, image.config.bytes));
    scene.elsewhere.on("/m", manifest_answer(image.manifest.bytes));
    CHECK_FALSE(scene.look_up(request)->failure);
    REQUIRE(scene.elsewhere.requests().size() == 1);
    CHECK(scene.elsewhere.requests().front().header("authorization").empty());
  }
  SECTION("a server elsewhere that asks for it") {
    scene.registry.on(kManifest,
                      http_response(307, "", {"Location: " + scene.elsewhere.origin() + "/m"}));
    scene.elsewhere.on("/m", token_challenge(scene.elsewhere.origin() + "/token"));
    const Inspection result = scene.look_up(request);
    REQUIRE(result->failure);
    CHECK(result->failure->kind == Kind::NotFoundOrDenied);
    check_words(*result->failure, host_of(scene.registry), true);
    CHECK(scene.elsewhere.requests().size() == 1);
  }
}

TEST_CASE("a token server's mistakes are told without the token", "[inspection][hostile]") {
  struct Case {
    const char* name;
    std::string answer;
    Kind kind;
  };
  const std::string token = std::string{"{\"token\":\""} + kToken + "\"}";
  const auto row = GENERATE_COPY(values<Case>({
      {"its token isn't taken", http_response(200, token), Kind::NotFoundOrDenied},
      {"refuses", http_response(403, token), Kind::NotFoundOrDenied},
      {"fails", http_response(502, token), Kind::Unreachable},
      {"half a token", http_response(200, token.substr(0, token.size() - 1)), Kind::Unreadable},
      {"a token that would smuggle in a header",
       http_response(200, std::string{"{\"token\":\""} + kToken + "\\r\\nX: y\"}"),
       Kind::Unreadable},
      {"a megabyte", http_response(200, std::string(1u << 20, ' ') + token), Kind::Unreadable},
      {"a redirect with the token",
       http_response(302, "", {std::string{"Location: /other?t="} + kToken}),
       Kind::Unreachable},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, token_challenge("/token"));
  scene.registry.on("/token", row.answer);

  const Inspection result =
      scene.look_up(with_password(request_for(host_of(scene.registry), "1"), kPassword));
  REQUIRE(result->failure);
  CHECK(policy::name_of(result->failure->kind) == policy::name_of(row.kind));
  check_words(*result->failure, host_of(scene.registry), true);
}

TEST_CASE("a slow registry costs no more than the deadline", "[inspection][hostile]") {
  struct Case {
    const char* name;
    ScriptedServer::Handler handler;
  };
  const auto drip = [](const std::string& head) {
    return [head](const RecordedRequest&, ScriptedConnection& connection) {
      bool alive = connection.send(head);
      while (alive) {
        alive = connection.pause(milliseconds{20}) && connection.send("x");
      }
      return false;
    };
  };
  const auto row = GENERATE_COPY(values<Case>({
      {"silence",
       [](const RecordedRequest&, ScriptedConnection& connection) {
         connection.wait_for_close();
         return false;
       }},
      {"a head that drips", drip("HTTP/1.1 200 OK\r\nX: ")},
      {"a body that drips", drip("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")},
      {"slow redirects",
       [](const RecordedRequest&, ScriptedConnection& connection) {
         return connection.pause(milliseconds{300}) &&
                connection.send(http_response(307, "", {std::string{"Location: "} + kManifest}));
       }},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, row.handler);
  constexpr milliseconds kPatience{1000};
  // The machine may be busy for a moment, not three times.
  milliseconds best = milliseconds::max();
  for (int attempt = 0; attempt < 3 && best > kPatience + milliseconds{300}; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    const Inspection result = scene.look_up(request_for(host_of(scene.registry), "1"), kPatience);
    best = std::min(
        best, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start));
    REQUIRE(result->failure);
    CHECK(result->failure->kind == Kind::Timeout);
    check_words(*result->failure, host_of(scene.registry), true);
  }
  CHECK(best <= kPatience + milliseconds{300});
  CHECK(best >= kPatience - milliseconds{50});
}

TEST_CASE("the end doesn't wait for a registry that keeps silent", "[inspection][hostile]") {
  ScriptedServer silent;
  silent.behave([](ScriptedConnection& connection) {
    RecordedRequest request;
    connection.read_request(request);
    connection.wait_for_close();
  });
  registry::RegistryOptions options;
  options.hosts.push_back({host_of(silent)});
  options.hosts.front().plain_http = true;
  auto stack = std::make_unique<InspectionStack>(options);
  std::vector<InspectionRequest> many;
  const std::size_t count = 2 * CachingOptions{}.per_host;  // half of them wait
  many.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    many.push_back(request_for(host_of(silent), std::to_string(i)));
  }
  const Inspection given_up = stack->caching.inspect_all(many, deadline_in(seconds{0})).front();
  CHECK(given_up->failure->kind == Kind::Timeout);
  REQUIRE(silent.wait_for_requests(CachingOptions{}.per_host));

  const auto start = std::chrono::steady_clock::now();
  stack->transport.stop();
  stack->transport.stop();  // once more is no harm
  const Inspection late = ask(stack->caching, request_for(host_of(silent), "late"));
  REQUIRE(late->failure);
  CHECK(late->failure->kind == Kind::Unreachable);
  stack.reset();
  CHECK(std::chrono::steady_clock::now() - start < seconds{2});
}

}  // namespace leangate::inspection
