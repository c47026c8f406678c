// What a lookup costs a registry, counted at the registry: requests are what Docker Hub and others
// ration, and what a review waits for.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/hostile_registry_fixture.h"
#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

using fakes::Blob;
using fakes::BuiltImage;
using policy::Platform;

// Requests by what they are for.
struct Cost {
  int heads = 0;
  int manifests = 0;  // and indexes
  int configs = 0;
  int tokens = 0;
  int others = 0;

  bool operator==(const Cost&) const = default;
  int all() const { return heads + manifests + configs + tokens + others; }
};

std::string shown(const Cost& cost) {
  return std::to_string(cost.heads) + " HEAD, " + std::to_string(cost.manifests) + " manifests, " +
         std::to_string(cost.configs) + " configs, " + std::to_string(cost.tokens) + " tokens, " +
         std::to_string(cost.others) + " others";
}

// "team/app:1" is an index of two images, shown for tokens only; the cache is in front.
class Counted {
 public:
  Counted() {
    for (const char* architecture : {"amd64", "arm64"}) {
      fakes::ImageSpec spec;
      spec.platform = {"linux", architecture, ""};
      spec.layers = {std::string{"layer of "} + architecture};
      images_.push_back(fakes::build_image(spec));
    }
    index_ = fakes::build_index({{images_[0].manifest, Platform{"linux", "amd64", ""}, false},
                                 {images_[1].manifest, Platform{"linux", "arm64", ""}, false}});
    serve(manifest_path("1"), index_);
    serve(manifest_path(index_.digest), index_);
    for (const BuiltImage& image : images_) {
      serve(manifest_path(image.manifest.digest), image.manifest);
      serve(blob_path(image.config.digest), image.config);
    }
    serve(manifest_path("gone"), {});
    registry_.on("/token", http_response(200, R"({"token":"t","expires_in":3600})"));
    options_.hosts.push_back({host_of(registry_)});
    options_.hosts.front().plain_http = true;
    stack_ = std::make_unique<InspectionStack>(options_);
  }

  InspectionRequest request(const std::string& tag_or_digest = "1") const {
    return with_password(request_for(host_of(registry_), tag_or_digest), kPassword);
  }
  InspectionRequest request_for_one() const {
    return only_for(request(), Platform{"linux", "arm64", ""});
  }

  // What the lookups of `work` asked for.
  template <typename Work>
  Cost cost_of(const Work& work) {
    const std::size_t before = registry_.requests().size();
    work();
    const std::vector<RecordedRequest> all = registry_.requests();
    Cost cost;
    for (std::size_t i = before; i < all.size(); ++i) {
      ++(all[i].method == "HEAD"                  ? cost.heads
         : contains(all[i].target, "/manifests/") ? cost.manifests
         : contains(all[i].target, "/blobs/")     ? cost.configs
         : all[i].target.substr(0, 6) == "/token" ? cost.tokens
                                                  : cost.others);
    }
    return cost;
  }
  Cost cost_of(const InspectionRequest& asked) {
    return cost_of([&] { look_up(asked); });
  }

  void look_up(const InspectionRequest& asked) {
    const Inspection result = ask(stack_->caching, asked);
    CAPTURE(result->failure ? result->failure->detail : "");
    REQUIRE_FALSE(result->failure);
  }
  // Without a cache: what one lookup costs when the registry is known.
  Cost cost_of_lookup(const InspectionRequest& asked) {
    return cost_of([&] { REQUIRE_FALSE(ask(stack_->registry, asked)->failure); });
  }

  InspectionStack& stack() { return *stack_; }
  const Blob& index() const { return index_; }

 private:
  void serve(const std::string& path, const Blob& blob) {
    registry_.on(path, [blob](const RecordedRequest& asked, ScriptedConnection& connection) {
      if (asked.header("authorization") != "Bearer t") {
        return connection.send(token_challenge("/token"));
      }
      if (blob.bytes.empty()) {
        return connection.send(http_response(404, ""));
      }
      std::string answer =
          manifest_answer(blob.bytes, blob.media_type, {"Docker-Content-Digest: " + blob.digest});
      if (asked.method == "HEAD") {
        answer.resize(answer.size() - blob.bytes.size());
      }
      return connection.send(answer);
    });
  }

  ScriptedServer registry_;
  registry::RegistryOptions options_;
  std::vector<BuiltImage> images_;
  Blob index_;
  std::unique_ptr<InspectionStack> stack_;
};

}  // namespace

TEST_CASE("cost: a cold image of an unknown registry is five requests", "[inspection][cost]") {
  Counted scene;
  const Cost cost = scene.cost_of(scene.request_for_one());
  CAPTURE(shown(cost));
  // The refused one that says what is wanted, the token, index, manifest and config.
  CHECK(cost == Cost{0, 3, 1, 1, 0});
}

TEST_CASE("cost: a cold image of a known registry is index, manifest, config and a token",
          "[inspection][cost]") {
  Counted scene;
  CHECK(ask(scene.stack().caching, scene.request("gone"))->failure);

  SECTION("with the token of before") {
    const Cost cost = scene.cost_of(scene.request_for_one());
    CAPTURE(shown(cost));
    CHECK(cost == Cost{0, 2, 1, 0, 0});
  }
  SECTION("with a new one, but not refused once") {
    scene.stack().clock.advance(std::chrono::minutes{50});
    const Cost cost = scene.cost_of(scene.request_for_one());
    CAPTURE(shown(cost));
    CHECK(cost.manifests == 2);
    CHECK(cost.configs == 1);
    CHECK(cost.tokens <= 1);
    CHECK(cost.heads + cost.others == 0);
  }
}

TEST_CASE("cost: two platforms are the index once, and a manifest and a config each",
          "[inspection][cost]") {
  Counted scene;
  scene.cost_of_lookup(scene.request());
  const Cost cost = scene.cost_of_lookup(scene.request());
  CAPTURE(shown(cost));
  CHECK(cost == Cost{0, 3, 2, 0, 0});
}

TEST_CASE("cost: a known digest is nothing", "[inspection][cost]") {
  Counted scene;
  scene.look_up(scene.request());
  CHECK(scene.cost_of(scene.request(scene.index().digest)) == Cost{});
  CHECK(scene.cost_of(scene.request()) == Cost{});
  scene.stack().clock.advance(std::chrono::hours{1});
  // Whether it still may be seen: the challenge is forgotten by now, so that one is refused.
  const Cost later = scene.cost_of(scene.request(scene.index().digest));
  CAPTURE(shown(later));
  CHECK(later.heads <= 2);
  CHECK(later.heads >= 1);
  CHECK(later.manifests + later.configs == 0);
}

TEST_CASE("cost: a hundred at once cost what one costs", "[inspection][cost]") {
  Counted scene;
  const Cost cost = scene.cost_of([&] {
    std::vector<std::thread> callers;
    std::atomic<int> answered = 0;
    callers.reserve(100);
    for (int i = 0; i < 100; ++i) {
      callers.emplace_back([&] {
        const Inspection result = ask(scene.stack().caching, scene.request_for_one());
        answered += result->failure ? 0 : 1;
      });
    }
    for (std::thread& caller : callers) {
      caller.join();
    }
    CHECK(answered == 100);
  });
  CAPTURE(shown(cost));
  CHECK(cost == Cost{0, 3, 1, 1, 0});
}

TEST_CASE("cost: what one tag names is one HEAD", "[inspection][cost]") {
  Counted scene;
  scene.look_up(scene.request());
  const Cost cost = scene.cost_of([&] {
    const auto digest = scene.stack().registry.resolve(scene.request(), deadline_in(seconds{10}));
    REQUIRE(digest);
    CHECK(*digest == scene.index().digest);
  });
  CAPTURE(shown(cost));
  CHECK(cost == Cost{1, 0, 0, 0, 0});
}

}  // namespace leangate::inspection
