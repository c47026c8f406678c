#include "webhook/registry/credential_provider.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "tests/fakes/captured_output.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/program.h"
#include "tests/support/catch.h"
#include "webhook/observability/logging.h"

namespace leangate::registry {
namespace {

using fakes::count_runs;
using fakes::wait_for_runs;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kName = "plugin";

policy::ImageReference image(const std::string& domain, const std::string& path = "team/app") {
  policy::ImageReference reference;
  reference.domain = domain;
  reference.path = path;
  reference.tag = "1.0";
  return reference;
}

// A script that prints a response.
std::string answering(
    const std::string& cache,
    const std::string& auth = R"({"r.example": {"username": "user", "password": "s3cr3t"}})") {
  return "cat <<'END'\n"
         R"({"apiVersion": "credentialprovider.kubelet.k8s.io/v1",)"
         R"( "kind": "CredentialProviderResponse", )" +
         cache + R"(, "auth": )" + auth + "}\nEND";
}

// One provider that is a script.
class Rig {
 public:
  fakes::TemporaryFolder folder;
  fakes::FakeClock clock;
  ProviderOptions options;

  explicit Rig(const std::string& script) {
    fakes::write_program(folder, kName, script);
    options.name = kName;
    options.match_images = {"*.example", "*.example:5000"};
    options.default_cache_duration = minutes{10};
    options.api_version = "credentialprovider.kubelet.k8s.io/v1";
  }

  CredentialProviders& providers() {
    if (providers_ == nullptr) {
      const std::vector<std::string> environment{"PATH=/usr/bin:/bin", "KEPT=kept", "CHANGED=old"};
      providers_ = std::make_unique<CredentialProviders>(
          std::vector<ProviderOptions>{options}, folder.path().string(), environment, clock);
    }
    return *providers_;
  }
  FoundCredentials find(const policy::ImageReference& reference,
                        milliseconds patience = seconds{20}) {
    return providers().find(reference, deadline_in(patience));
  }
  std::size_t runs() const { return count_runs(folder, kName); }

 private:
  std::unique_ptr<CredentialProviders> providers_;
};

struct Broken {
  std::string name;
  std::string script;
  std::string failure;
};

struct Cached {
  std::string name;
  std::string cache;
  policy::ImageReference second;
  std::size_t runs;
};

}  // namespace

TEST_CASE("a provider is run as the kubelet runs it", "[registry][provider]") {
  Rig rig{"cat > \"$folder/request\"; echo \"$KEPT $CHANGED $ADDED $*\" > \"$folder/called\"\n" +
          answering(R"("cacheKeyType": "Image")")};
  rig.options.arguments = {"get", "two words"};
  rig.options.environment = {"CHANGED=new", "ADDED=added"};

  const FoundCredentials found = rig.find(image("r.example"));

  REQUIRE(found.credentials.size() == 1);
  CHECK(found.credentials[0].username == "user");
  CHECK(found.credentials[0].password == "s3cr3t");
  CHECK(found.credentials[0].source == "credential provider plugin");
  CHECK(found.is_complete);
  CHECK(tried_sources(found) == " (tried: credential provider plugin for r.example)");
  CHECK(rig.folder.read("called") == "kept new added get two words\n");
  CHECK(rig.folder.read("request") ==
        R"({"apiVersion":"credentialprovider.kubelet.k8s.io/v1",)"
        R"("kind":"CredentialProviderRequest","image":"r.example/team/app"})"
        "\n");
}

TEST_CASE("a provider is asked for images that it is for only", "[registry][provider]") {
  Rig rig{answering(R"("cacheKeyType": "Global")", R"({"*": {"username": "u"}})")};
  for (const char* host : {"other", "r.example.evil", "example", "r.example:5001", "docker.io"}) {
    CAPTURE(host);
    const FoundCredentials found = rig.find(image(host));
    CHECK(found.credentials.empty());
    CHECK(tried_sources(found) ==
          " (tried: credential provider plugin for *.example, *.example:5000)");
  }
  CHECK(rig.runs() == 0);
  (void)rig.find(image("r.example:5000"));
  CHECK(rig.runs() == 1);
}

TEST_CASE("of a provider's credentials those that match are tried", "[registry][provider]") {
  Rig rig{answering(R"("cacheKeyType": "Image")",
                    R"({"other.example": {"username": "a"}, "*.example": {"username": "b"},
                        "r.example/team": {"username": "c"}, "docker.io": {"username": "d"}})")};
  const FoundCredentials found = rig.find(image("r.example"));
  REQUIRE(found.credentials.size() == 2);
  CHECK(found.credentials[0].username == "c");
  CHECK(found.credentials[1].username == "b");
}

TEST_CASE("a provider's answer is kept for what it says", "[registry][provider]") {
  const auto row = GENERATE(values<Cached>({
      {"image, the same", R"("cacheKeyType": "Image")", image("r.example"), 1},
      {"image, another", R"("cacheKeyType": "Image")", image("r.example", "b"), 2},
      {"registry, another image", R"("cacheKeyType": "Registry")", image("r.example", "b"), 1},
      {"registry, another port", R"("cacheKeyType": "Registry")", image("r.example:5000"), 2},
      {"registry, another", R"("cacheKeyType": "Registry")", image("s.example"), 2},
      {"global, another registry", R"("cacheKeyType": "Global")", image("s.example"), 1},
      {"not at all", R"("cacheKeyType": "Global", "cacheDuration": "0s")", image("r.example"), 2},
  }));
  CAPTURE(row.name);
  Rig rig{answering(row.cache)};
  CHECK(rig.find(image("r.example")).credentials.size() == 1);
  (void)rig.find(row.second);
  CHECK(rig.runs() == row.runs);
}

TEST_CASE("a provider's answer is kept as long as it says", "[registry][provider]") {
  Rig rig{answering(R"("cacheKeyType": "Image", "cacheDuration": "1m")")};
  (void)rig.find(image("r.example"));
  rig.clock.advance(seconds{59});
  (void)rig.find(image("r.example"));
  CHECK(rig.runs() == 1);
  rig.clock.advance(seconds{1});
  CHECK(rig.find(image("r.example")).credentials.size() == 1);
  CHECK(rig.runs() == 2);

  Rig by_default{answering(R"("cacheKeyType": "Image")")};
  (void)by_default.find(image("r.example"));
  by_default.clock.advance(minutes{9});
  (void)by_default.find(image("r.example"));
  CHECK(by_default.runs() == 1);
  by_default.clock.advance(minutes{1});
  (void)by_default.find(image("r.example"));
  CHECK(by_default.runs() == 2);
}

TEST_CASE("a broken provider has no credentials, and the reason is told", "[registry][provider]") {
  const auto row = GENERATE(values<Broken>({
      {"exit 1", "echo s3cr3t; echo s3cr3t >&2; exit 1", "exit status 1"},
      {"no such version",
       "echo '{\"apiVersion\": \"s3cr3t\", \"kind\": \"CredentialProviderResponse\"}'",
       "the apiVersion isn't credentialprovider.kubelet.k8s.io/v1"},
      {"unknown cache key",
       answering(R"("cacheKeyType": "s3cr3t")"),
       "the cacheKeyType is none of"},
      {"no JSON", "echo s3cr3t", "its answer is no valid JSON"},
      {"no answer", "exec >&-", "its answer is no valid JSON"},
      {"floods", "yes s3cr3t", "it wrote too much"},
      {"huge JSON", "printf '{\"auth\": \"'; head -c 1000000 /dev/zero | tr '\\0' s", "too much"},
      {"killed", "kill -KILL $$", "signal 9"},
  }));
  CAPTURE(row.name);
  Rig rig{row.script};

  const FoundCredentials found = rig.find(image("r.example"));

  CHECK(found.credentials.empty());
  CHECK(found.is_complete);
  const std::string tried = tried_sources(found);
  CAPTURE(tried);
  CHECK(tried.find("credential provider plugin, which failed: ") != std::string::npos);
  CHECK(tried.find(row.failure) != std::string::npos);
  CHECK(tried.find("s3cr3t") == std::string::npos);
  // Not again for each image that waits, but again before long.
  (void)rig.find(image("r.example"));
  CHECK(rig.runs() == 1);
  rig.clock.advance(seconds{5});
  (void)rig.find(image("r.example"));
  CHECK(rig.runs() == 2);
}

TEST_CASE("a provider that isn't there has failed", "[registry][provider]") {
  Rig rig{"true"};
  rig.options.name = "missing";
  const FoundCredentials found = rig.find(image("r.example"));
  CHECK(found.tried.front().find("can't be started: No such file") != std::string::npos);
}

TEST_CASE("nobody waits for a slow provider longer than he may", "[registry][provider]") {
  Rig rig{"while [ ! -e \"$folder/go\" ]; do sleep 0.02; done\n" +
          answering(R"("cacheKeyType": "Image")")};

  const FoundCredentials early = rig.find(image("r.example"), milliseconds{50});

  CHECK(early.credentials.empty());
  CHECK_FALSE(early.is_complete);
  CHECK(tried_sources(early) == " (tried: credential provider plugin, which hasn't answered yet)");
  // It goes on, and whoever comes later finds its answer.
  rig.folder.write("go", "");
  CHECK(rig.find(image("r.example")).credentials.size() == 1);
  CHECK(rig.runs() == 1);
}

TEST_CASE("fifty threads that want the same ask once", "[registry][provider]") {
  Rig rig{"sleep 0.3\n" + answering(R"("cacheKeyType": "Image", "cacheDuration": "0s")")};
  rig.providers();
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back(
        [&] { found += static_cast<int>(rig.find(image("r.example")).credentials.size()); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(found == 50);
  // A thread may come after the first answer, which isn't kept; all but a few share it.
  CHECK(rig.runs() <= 3);
}

TEST_CASE("images that queue take the answer for their registry", "[registry][provider]") {
  Rig rig{"sleep 0.3\n" + answering(R"("cacheKeyType": "Registry")")};
  rig.providers();
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&, i] {
      found += static_cast<int>(
          rig.find(image("r.example", "app" + std::to_string(i))).credentials.size());
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(found == 20);
  CHECK(rig.runs() <= 4);
}

TEST_CASE("the end of the process ends providers and those who wait", "[registry][provider]") {
  Rig rig{"sleep 300"};
  rig.providers();
  const auto start = std::chrono::steady_clock::now();
  std::thread waiting{[&] { (void)rig.find(image("r.example"), minutes{5}); }};
  CHECK(wait_for_runs(rig.folder, kName, 1));
  rig.providers().stop();
  waiting.join();
  CHECK(rig.find(image("s.example"), minutes{5}).credentials.empty());
  CHECK(std::chrono::steady_clock::now() - start < seconds{60});
}

TEST_CASE("a failure is logged once, and no secret ever", "[registry][provider]") {
  fakes::CapturedOutput output;
  observability::start_logging(observability::LogLevel::Debug, observability::LogFormat::Text);
  {
    Rig good{"echo s3cr3t >&2\n" + answering(R"("cacheKeyType": "Image")")};
    CHECK(good.find(image("r.example")).credentials.size() == 1);
    Rig bad{"echo s3cr3t >&2; echo s3cr3t; exit 7"};
    for (int i = 0; i < 5; ++i) {
      (void)bad.find(image("r.example", "app" + std::to_string(i)));
    }
    bad.clock.advance(minutes{1});
    (void)bad.find(image("r.example"));
  }
  observability::start_logging(observability::LogLevel::Off, observability::LogFormat::Text);
  output.stop();

  const std::string log = output.standard_error();
  CAPTURE(log);
  CHECK(log.find("s3cr3t") == std::string::npos);
  CHECK(output.standard_output().empty());
  std::size_t lines = 0;
  for (std::size_t at = log.find("credential provider plugin"); at != std::string::npos;
       at = log.find("credential provider plugin", at + 1)) {
    ++lines;
  }
  CHECK(lines == 2);
  CHECK(log.find("exit status 7") != std::string::npos);
}

}  // namespace leangate::registry
