// What one lookup costs a registry that is in trouble, over real sockets.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/image_builder.h"
#include "tests/fakes/scripted_server.h"
#include "tests/integration/inspection_fixture.h"
#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

using fakes::http_response;
using fakes::RecordedRequest;
using fakes::ScriptedConnection;
using fakes::ScriptedServer;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = policy::LookupFailureKind;

constexpr const char* kManifest = "/v2/team/app/manifests/1";

// A registry that holds an image without a config to fetch, and the whole stack in front of it.
struct Scene {
  Scene() {
    options.hosts.push_back({host()});
    options.hosts.front().plain_http = true;
    fakes::ImageSpec spec;
    spec.artifact_config_type = "application/vnd.cncf.helm.config.v1+json";
    image = fakes::build_image(spec);
    stack = std::make_unique<InspectionStack>(options);
  }

  std::string host() const { return "127.0.0.1:" + std::to_string(server.port()); }

  std::string manifest() const {
    return http_response(200, image.manifest.bytes, {"Content-Type: " + image.manifest.media_type});
  }

  // Answers the manifest in this order, the last answer for ever.
  void serve(std::vector<std::string> answers) {
    server.on(kManifest,
              [answers = std::move(answers), next = std::make_shared<std::atomic<std::size_t>>(0)](
                  const RecordedRequest&, ScriptedConnection& connection) {
                return connection.send(answers[std::min((*next)++, answers.size() - 1)]);
              });
  }

  Inspection look_up(const std::string& tag = "1") {
    return ask(stack->registry, request_for(host(), tag));
  }

  ScriptedServer server;
  registry::RegistryOptions options;
  fakes::BuiltImage image;
  std::unique_ptr<InspectionStack> stack;
};

}  // namespace

TEST_CASE("a registry that is back at the third try costs three requests", "[inspection][retry]") {
  Scene scene;
  scene.serve({http_response(503, "down"), http_response(503, "down"), scene.manifest()});
  CHECK_FALSE(scene.look_up()->failure);
  CHECK(scene.server.requests().size() == 3);
}

TEST_CASE("a connection that is cut is made anew", "[inspection][retry]") {
  Scene scene;
  std::atomic<int> asked{0};
  scene.server.on(kManifest, [&](const RecordedRequest&, ScriptedConnection& connection) {
    switch (asked++) {
      case 0:
        return false;
      case 1:
        connection.send(scene.manifest().substr(0, 200));
        return false;
      default:
        return connection.send(scene.manifest());
    }
  });
  CHECK_FALSE(scene.look_up()->failure);
  CHECK(scene.server.requests().size() == 3);
}

TEST_CASE("a registry that limits us for an hour is believed", "[inspection][retry]") {
  Scene scene;
  scene.serve({http_response(429, "Too Many Requests", {"Retry-After: 3600"}), scene.manifest()});

  const auto start = std::chrono::steady_clock::now();
  const Inspection limited = scene.look_up();
  CHECK(std::chrono::steady_clock::now() - start < seconds{2});
  REQUIRE(limited->failure);
  CHECK(limited->failure->kind == Kind::RateLimited);
  CHECK(limited->failure->retry_after == seconds{900});

  const Inspection refused = scene.look_up("2");
  REQUIRE(refused->failure);
  CHECK(refused->failure->kind == Kind::RateLimited);
  CHECK(contains(refused->failure->public_detail, "retry in 900 s"));
  CHECK(scene.server.requests().size() == 1);

  const Inspection other =
      ask(scene.stack->registry, with_password(request_for(scene.host(), "1"), kPassword));
  CHECK_FALSE(other->failure);
  scene.stack->clock.advance(seconds{900});
  CHECK_FALSE(scene.look_up()->failure);
}

TEST_CASE("a registry that is down isn't asked by every lookup", "[inspection][retry]") {
  Scene scene;
  scene.serve({http_response(503, "down")});
  for (int i = 0; i < 5; ++i) {
    CHECK(scene.look_up()->failure);
    scene.stack->clock.advance(seconds{1});
  }
  const std::size_t asked = scene.server.requests().size();
  const Inspection refused = scene.look_up();
  REQUIRE(refused->failure);
  CHECK(refused->failure->kind == Kind::Unreachable);
  CHECK(refused->failure->retry_after == seconds{29});
  CHECK(scene.server.requests().size() == asked);

  scene.serve({scene.manifest()});
  scene.stack->clock.advance(seconds{29});
  CHECK_FALSE(scene.look_up()->failure);
  CHECK_FALSE(scene.look_up()->failure);
}

TEST_CASE("the end doesn't wait for a lookup that waits for its next try", "[inspection][retry]") {
  Scene scene;
  scene.serve({http_response(503, "down", {"Retry-After: 5"})});
  std::future<Inspection> lookup = std::async(std::launch::async, [&] { return scene.look_up(); });
  REQUIRE(scene.server.wait_for_requests(1));
  REQUIRE(lookup.wait_for(milliseconds{100}) == std::future_status::timeout);

  const auto start = std::chrono::steady_clock::now();
  scene.stack->transport.stop();
  const Inspection result = lookup.get();
  CHECK(std::chrono::steady_clock::now() - start < seconds{2});
  REQUIRE(result->failure);
  CHECK(scene.server.requests().size() == 1);
}

}  // namespace leangate::inspection
