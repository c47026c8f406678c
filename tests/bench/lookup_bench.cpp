// What a lookup costs in time. Cold: against the same exchange made with libcurl's easy interface,
// one request after the other on one connection, to the same registry that takes 20 ms for each
// answer. Warm: how many lookups a second the cache answers, and what that is of a cold one.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <curl/curl.h>
#include <fmt/core.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/image_builder.h"
#include "tests/fakes/scripted_server.h"
#include "webhook/inspection/caching_inspector.h"
#include "webhook/inspection/registry_inspector.h"
#include "webhook/registry/manifest.h"
#include "webhook/transport/curl_transport.h"

namespace {

using namespace leangate;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::milliseconds kDelay{20};
constexpr int kRounds = 15;
constexpr std::chrono::milliseconds kWarmTime{1000};

double median_ms(const std::function<void()>& call) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    call();
    rounds.push_back(Milliseconds{std::chrono::steady_clock::now() - start}.count());
  }
  std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
  return rounds[kRounds / 2];
}

// An index of so many images as "team/app:1", shown to who has fetched a token.
class SlowRegistry {
 public:
  explicit SlowRegistry(int platforms) {
    std::vector<fakes::IndexMember> members;
    std::vector<fakes::BuiltImage> images;
    for (int i = 0; i < platforms; ++i) {
      fakes::ImageSpec spec;
      spec.platform = {"linux", fmt::format("arch{}", i), ""};
      spec.layers = {fmt::format("layer of {}", i)};
      images.push_back(fakes::build_image(spec));
      members.push_back({images.back().manifest, spec.platform, false});
    }
    const fakes::Blob index = fakes::build_index(members);
    // In the order in which one would ask for them without thinking: the first is refused.
    paths_ = {manifests("1"), "/token?scope=x", manifests("1")};
    serve(manifests("1"), index);
    for (const fakes::BuiltImage& image : images) {
      serve(manifests(image.manifest.digest), image.manifest);
      paths_.push_back(manifests(image.manifest.digest));
    }
    for (const fakes::BuiltImage& image : images) {
      serve("/v2/team/app/blobs/" + image.config.digest, image.config);
      paths_.push_back("/v2/team/app/blobs/" + image.config.digest);
    }
    server_.on("/token", [](const auto&, fakes::ScriptedConnection& connection) {
      return connection.pause(kDelay) &&
             connection.send(fakes::http_response(200, R"({"token":"t"})"));
    });
  }

  std::string host() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  static std::string manifests(const std::string& reference) {
    return "/v2/team/app/manifests/" + reference;
  }

  void serve(const std::string& path, const fakes::Blob& blob) {
    server_.on(
        path, [blob](const fakes::RecordedRequest& request, fakes::ScriptedConnection& connection) {
          const bool known = request.header("authorization") == "Bearer t";
          return connection.pause(kDelay) &&
                 connection.send(
                     known ? fakes::http_response(
                                 200, blob.bytes, {"Content-Type: " + blob.media_type})
                           : fakes::http_response(
                                 401,
                                 "",
                                 {"WWW-Authenticate: Bearer realm=\"/token\",service=\"s\""}));
        });
  }

  fakes::ScriptedServer server_;
  std::vector<std::string> paths_;
};

std::size_t count_bytes(char*, std::size_t size, std::size_t count, void* total) {
  *static_cast<std::size_t*>(total) += size * count;
  return size * count;
}

void with_easy_calls(const SlowRegistry& registry) {
  CURL* const easy = curl_easy_init();
  std::size_t bytes = 0;
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes);
  curl_slist* headers =
      curl_slist_append(nullptr, ("Accept: " + std::string{registry::kAcceptedManifests}).c_str());
  for (std::size_t i = 0; i < registry.paths().size(); ++i) {
    if (i == 2) {  // the token is known from here on
      headers = curl_slist_append(headers, "Authorization: Bearer t");
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(
        easy, CURLOPT_URL, ("http://" + registry.host() + registry.paths()[i]).c_str());
    if (curl_easy_perform(easy) != CURLE_OK) {
      std::abort();
    }
  }
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
}

// Everything that one process has, made anew: nothing is known about the registry.
struct Client {
  explicit Client(const SlowRegistry& server) {
    options.hosts.push_back({server.host()});
    options.hosts.front().plain_http = true;
    inspector = std::make_unique<inspection::RegistryInspector>(transport, options, metrics, clock);
    request.reference.domain = server.host();
    request.reference.path = "team/app";
    request.reference.tag = "1";
    request.platforms.all = true;
  }

  static void look_up(inspection::ImageInspector& inspector,
                      const inspection::InspectionRequest& request) {
    if (inspector.inspect_all({request}, deadline_in(std::chrono::seconds{10})).front()->failure) {
      std::abort();
    }
  }

  registry::RegistryOptions options;
  observability::Metrics metrics;
  fakes::FakeClock clock;  // stands: no tag grows old meanwhile
  transport::CurlTransport transport{transport::CurlTransportOptions{}};
  std::unique_ptr<inspection::RegistryInspector> inspector;
  inspection::InspectionRequest request;
};

double warm_per_second(inspection::ImageInspector& inspector,
                       const inspection::InspectionRequest& request,
                       int threads) {
  std::vector<std::thread> callers;
  std::vector<long> counts(static_cast<std::size_t>(threads));
  const auto start = std::chrono::steady_clock::now();
  for (long& count : counts) {
    callers.emplace_back([&] {
      while (std::chrono::steady_clock::now() - start < kWarmTime) {
        Client::look_up(inspector, request);
        ++count;
      }
    });
  }
  long all = 0;
  for (std::size_t i = 0; i < callers.size(); ++i) {
    callers[i].join();
    all += counts[i];
  }
  return static_cast<double>(all) * 1000.0 /
         Milliseconds{std::chrono::steady_clock::now() - start}.count();
}

void print_cold(int platforms) {
  const SlowRegistry registry{platforms};
  const double easy = median_ms([&] { with_easy_calls(registry); });
  // The client isn't part of it: a process has one.
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kRounds; ++i) {
    clients.push_back(std::make_unique<Client>(registry));
  }
  std::size_t next = 0;
  const double own = median_ms([&] {
    Client& client = *clients[next++];
    Client::look_up(*client.inspector, client.request);
  });
  fmt::print("| cold, {} platform{}, {} requests | {:.1f} | {:.1f} | {:.2f} |\n",
             platforms,
             platforms == 1 ? "" : "s",
             registry.paths().size(),
             easy,
             own,
             own / easy);
}

void print_warm() {
  const SlowRegistry registry{2};
  Client client{registry};
  inspection::CachingInspector caching{
      {*client.inspector, *client.inspector, client.metrics, client.clock}, {}};
  const auto start = std::chrono::steady_clock::now();
  Client::look_up(caching, client.request);
  const double cold = Milliseconds{std::chrono::steady_clock::now() - start}.count();
  inspection::InspectionRequest by_digest = client.request;
  by_digest.reference.tag.reset();
  by_digest.reference.digest =
      caching.inspect_all({client.request}, deadline_in(std::chrono::seconds{1})).front()->digest;
  fmt::print("\n| warm, from memory | lookups a second | of a cold one |\n|---|---|---|\n");
  for (const int threads : {1, 8}) {
    const double tags = warm_per_second(caching, client.request, threads);
    const double digests = warm_per_second(caching, by_digest, threads);
    fmt::print("| by tag, {} callers | {:.0f} | 1/{:.0f} |\n", threads, tags, cold * tags / 1000);
    fmt::print(
        "| by digest, {} callers | {:.0f} | 1/{:.0f} |\n", threads, digests, cold * digests / 1000);
  }
}

}  // namespace

int main() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  fmt::print(
      "| {} ms an answer | easy calls in sequence, ms | leangate, ms | ratio |\n"
      "|---|---|---|---|\n",
      kDelay.count());
  for (const int platforms : {1, 2, 8}) {
    print_cold(platforms);
  }
  print_warm();
}
