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

#include "tests/integration/hostile_registry_fixture.h"
#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

// Answers whatever is asked, with a body that repeats what was sent.
bool echo_credentials(const RecordedRequest& request, ScriptedConnection& connection) {
  const std::string sent = request.header("authorization");
  return sent.empty()
             ? connection.send(http_response(401, "", {"WWW-Authenticate: Basic realm=\"x\""}))
             : connection.send(http_response(500, sent, {"X-Sent: " + sent}));
}

std::string nested_json(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) {
    text += "{\"a\":";
  }
  return text + "1" + std::string(static_cast<std::size_t>(depth), '}');
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

}  // namespace

TEST_CASE("status: what a registry answers is a failure of the right kind",
          "[inspection][hostile]") {
  struct Case {
    int status;
    Kind kind;
  };
  const auto row = GENERATE(values<Case>({
      // Three codes, one class: which of them says "missing" is up to the vendor.
      {401, Kind::NotFoundOrDenied}, {403, Kind::NotFoundOrDenied}, {404, Kind::NotFoundOrDenied},
      {451, Kind::NotFoundOrDenied}, {406, Kind::Unsupported},      {415, Kind::Unsupported},
      {408, Kind::Unreachable},      {425, Kind::Unreachable},      {500, Kind::Unreachable},
      {501, Kind::Unreachable},      {502, Kind::Unreachable},      {503, Kind::Unreachable},
      {504, Kind::Unreachable},      {522, Kind::Unreachable},      {429, Kind::RateLimited},
      {201, Kind::Unreadable},       {206, Kind::Unreadable},       {304, Kind::Unreadable},
      {400, Kind::Unreadable},       {405, Kind::Unreadable},       {418, Kind::Unreadable},
  }));
  const bool configured = GENERATE(true, false);
  CAPTURE(row.status, configured);
  Scene scene;
  // Its words are shown to nobody: not the code of an error, not the secret in it.
  scene.registry.on(kManifest,
                    http_response(row.status,
                                  std::string{R"({"errors":[{"code":"X","message":")"} + kToken +
                                      "\x1b[31m\"}]}"));
  if (!configured) {
    scene.forget_host();
  }
  const Inspection result = scene.look_up_with_password();
  REQUIRE(result->failure);
  CHECK(policy::name_of(result->failure->kind) == policy::name_of(row.kind));
  check_words(*result->failure, host_of(scene.registry), configured);
  CHECK(contains(result->failure->detail, std::to_string(row.status)));
  CHECK(result->platforms.empty());
}

TEST_CASE("status: 429 without a word about when leaves the registry alone for half a minute",
          "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(kManifest, http_response(429, "Too Many Requests"));
  check_failure(scene.look_up(), Kind::RateLimited, scene);
  const int asked = count_of(scene.registry, kManifest);
  scene.clock.advance(seconds{29});
  check_failure(scene.look_up(), Kind::RateLimited, scene);
  CHECK(count_of(scene.registry, kManifest) == asked);
  scene.clock.advance(seconds{2});
  check_failure(scene.look_up(), Kind::RateLimited, scene);
  CHECK(count_of(scene.registry, kManifest) > asked);
}

TEST_CASE("status: error bodies of every make change nothing", "[inspection][hostile]") {
  const std::string body =
      GENERATE(as<std::string>{},
               "",
               "Not JSON",
               "<html>404</html>",
               R"({"details":"no errors here"})",
               R"({"errors":[]})",
               R"({"errors":null})",
               R"({"errors":[{"code":"MANIFEST_UNKNOWN","detail":{"x":[1]}}]})",
               std::string(1u << 20, '['));
  CAPTURE(body.substr(0, 80));
  Scene scene;
  scene.registry.on(kManifest, http_response(404, body));
  check_failure(scene.look_up(), Kind::NotFoundOrDenied, scene);
}

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
      {"401 with Basic, nothing to answer with",
       always(http_response(401, "", {"WWW-Authenticate: Basic realm=\"x\""})),
       Kind::NotFoundOrDenied,
       false},
      {"401 with Basic for ever",
       always(http_response(401, "", {"WWW-Authenticate: Basic realm=\"x\""})),
       Kind::NotFoundOrDenied},
      {"internal error that repeats the password", echo_credentials, Kind::Unreachable},
      {"closes without an answer", then_close(""), Kind::Unreachable},
      {"half an answer", then_close("HTTP/1.1 200 OK\r\nContent-Le"), Kind::Unreadable},
      {"schema 1",
       always(manifest_answer(R"({"schemaVersion":1,"name":"team/app","fsLayers":[]})",
                              docker + "manifest.v1+prettyjws")),
       Kind::Unsupported},
      {"schema 1 by its header only",
       always(manifest_answer(R"({"name":"team/app"})", docker + "manifest.v1+json")),
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
      {"redirects to a place that isn't there, with a signature",
       always(redirect_to(std::string{"/gone?signature="} + kToken)),
       Kind::NotFoundOrDenied},
  }));
  const bool configured = GENERATE(true, false);
  CAPTURE(row.name, configured);
  Scene scene;
  scene.registry.on(kManifest, row.handler);
  if (!configured) {
    scene.forget_host();
  }
  const Inspection result = row.with_credentials ? scene.look_up_with_password() : scene.look_up();
  REQUIRE(result->failure);
  CHECK(policy::name_of(result->failure->kind) == policy::name_of(row.kind));
  check_words(*result->failure, host_of(scene.registry), configured);
  CHECK(result->platforms.empty());
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
