// Redirects of hostile registries, end to end: followed within bounds, never to a place without
// TLS, never with credentials that are another origin's.
#include <atomic>
#include <string>
#include <vector>

#include "tests/integration/hostile_registry_fixture.h"
#include "tests/support/catch.h"
#include "webhook/registry/limits.h"

namespace leangate::inspection {
namespace {

using fakes::BuiltImage;

struct Place {
  const char* name;
  const char* location;  // "ELSEWHERE" stands for the other server's HOST:PORT
};

std::string resolved(const Place& place, const Scene& scene) {
  std::string location = place.location;
  const std::string word = "ELSEWHERE";
  if (const std::size_t at = location.find(word); at != std::string::npos) {
    location.replace(at, word.size(), host_of(scene.elsewhere));
  }
  return location;
}

// The registry answers nothing without the password.
void guard(Scene& scene, const std::string& path, const std::string& answer) {
  scene.registry.on(path, guarded(basic_authorization(), "Basic realm=\"x\"", answer));
}

}  // namespace

TEST_CASE("redirect: one to where nobody should be sent is refused", "[inspection][hostile]") {
  const auto row = GENERATE(values<Place>({
      {"to plain http", "http://ELSEWHERE/m"},
      {"to a file", "file:///etc/passwd"},
      {"to gopher", "gopher://ELSEWHERE/m"},
      {"with a user", "https://user:pw@ELSEWHERE/m"},
      {"to nowhere", ""},
      {"to no URL", "https://"},
      {"to a port that is none", "https://127.0.0.1:99999/m"},
      {"to the metadata service", "https://169.254.169.254/latest/meta-data/"},
      {"to the metadata service, mapped", "https://[::ffff:169.254.169.254]/latest/"},
  }));
  const bool manifest = GENERATE(true, false);
  CAPTURE(row.name, manifest);
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  serve_image(scene.registry, image);
  guard(scene, kManifest, manifest_answer(image.manifest.bytes));
  guard(scene,
        manifest ? kManifest : blob_path(image.config.digest),
        redirect_to(resolved(row, scene)));
  check_failure(scene.look_up_with_password(), Kind::Refused, scene);
  CHECK(scene.elsewhere.connections() == 0);
}

TEST_CASE("redirect: without a Location is refused", "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(kManifest, http_response(307, ""));
  check_failure(scene.look_up(), Kind::Refused, scene);
}

TEST_CASE("redirect: a status that is none of the five leads nowhere", "[inspection][hostile]") {
  const int status = GENERATE(300, 304, 305, 306);
  CAPTURE(status);
  Scene scene;
  scene.registry.on(kManifest, redirect_to(scene.elsewhere.origin() + "/m", status));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
  CHECK(scene.elsewhere.connections() == 0);
}

TEST_CASE("redirect: five are followed, not one more", "[inspection][hostile]") {
  const int hops = GENERATE(as<int>{}, registry::kMaxRedirects, registry::kMaxRedirects + 1, 1'000);
  CAPTURE(hops);
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  serve_image(scene.registry, image);
  scene.registry.on(kManifest, redirect_to("/hop/1"));
  for (int i = 1; i <= registry::kMaxRedirects + 1; ++i) {
    scene.registry.on("/hop/" + std::to_string(i),
                      i == hops ? manifest_answer(image.manifest.bytes)
                                : redirect_to("/hop/" + std::to_string(i + 1)));
  }
  const Inspection result = scene.look_up();
  if (hops == registry::kMaxRedirects) {
    CHECK_FALSE(result->failure);
    return;
  }
  check_failure(result, Kind::Unreadable, scene);
  CHECK(scene.registry.requests().size() == registry::kMaxRedirects + 1);
}

TEST_CASE("redirect: a circle ends", "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(kManifest, redirect_to(scene.elsewhere.origin() + "/a"));
  scene.elsewhere.on("/a", redirect_to(scene.registry.origin() + kManifest));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
  CHECK(scene.registry.requests().size() + scene.elsewhere.requests().size() ==
        registry::kMaxRedirects + 1);
}

TEST_CASE("redirect: within the registry the credentials go along", "[inspection][hostile]") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  const std::string location = GENERATE(as<std::string>{}, "/artifactory/api/docker/m", "../../m");
  CAPTURE(status, location);
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  serve_image(scene.registry, image);
  guard(scene, kManifest, redirect_to(location, status));
  guard(scene, "/artifactory/api/docker/m", manifest_answer(image.manifest.bytes));
  guard(scene, "/v2/team/m", manifest_answer(image.manifest.bytes));
  CHECK_FALSE(scene.look_up_with_password()->failure);
}

TEST_CASE("redirect: to another origin nothing goes along, nor back from there",
          "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  const std::string config = blob_path(image.config.digest);
  guard(scene, kManifest, manifest_answer(image.manifest.bytes));
  guard(scene, config, redirect_to(scene.elsewhere.origin() + "/blob?signature=" + kToken));

  SECTION("another port") {
    scene.elsewhere.on("/blob", http_response(200, image.config.bytes));
    CHECK_FALSE(scene.look_up_with_password()->failure);
  }
  SECTION("there and back") {
    scene.elsewhere.on("/blob", redirect_to(scene.registry.origin() + "/back"));
    scene.registry.on("/back", http_response(200, image.config.bytes));
    CHECK_FALSE(scene.look_up_with_password()->failure);
    CHECK(scene.registry.requests().back().target == "/back");
    CHECK(scene.registry.requests().back().header("authorization").empty());
  }
  SECTION("there and further there") {
    scene.elsewhere.on("/blob", redirect_to("/further"));
    scene.elsewhere.on("/further", http_response(200, image.config.bytes));
    CHECK_FALSE(scene.look_up_with_password()->failure);
  }
  SECTION("where somebody asks for them") {
    scene.elsewhere.on("/blob", token_challenge(scene.elsewhere.origin() + "/token"));
    check_failure(scene.look_up_with_password(), Kind::NotFoundOrDenied, scene);
    CHECK(count_of(scene.elsewhere, "/token") == 0);
  }
  SECTION("where somebody asks for them in the registry's name") {
    scene.elsewhere.on("/blob", token_challenge(scene.registry.origin() + "/token"));
    scene.registry.on("/token", http_response(200, R"({"token":"t"})"));
    check_failure(scene.look_up_with_password(), Kind::NotFoundOrDenied, scene);
    CHECK(count_of(scene.registry, "/token") == 0);
  }
  CHECK_FALSE(was_told_credentials(scene.elsewhere));
}

TEST_CASE("redirect: a signed URL that went stale is replaced once", "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = fakes::build_image({});
  const std::string config = blob_path(image.config.digest);
  serve_image(scene.registry, image);
  const int status = GENERATE(400, 403);
  const bool recovers = GENERATE(true, false);
  CAPTURE(status, recovers);
  std::atomic<int> redirects = 0;
  scene.registry.on(config, [&](const RecordedRequest&, ScriptedConnection& connection) {
    return connection.send(
        redirect_to(scene.elsewhere.origin() + "/blob?signature=" + std::to_string(++redirects)));
  });
  scene.elsewhere.on("/blob", http_response(status, "<Error>AuthenticationFailed</Error>"));
  if (recovers) {
    scene.elsewhere.on("/blob?signature=2", http_response(200, image.config.bytes));
  }
  const Inspection result = scene.look_up();
  CHECK(result->failure.has_value() != recovers);
  CHECK(redirects == 2);
  CHECK(scene.elsewhere.requests().size() == 2);
}

}  // namespace leangate::inspection
