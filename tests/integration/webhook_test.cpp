// The webhook in one process, over real TLS: server, review codec, reviewer and policies. Only the
// registry is a fake.
#include <chrono>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "policy/policy_reader.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_inspector.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/fakes/test_certificates.h"
#include "tests/fakes/tls_client.h"
#include "tests/support/catch.h"
#include "webhook/admission/reviewer.h"
#include "webhook/server/https_server.h"

namespace leangate {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMi = 1u << 20;
// An eighth of the default: an unoptimised build under a sanitizer needs seconds for the whole.
constexpr std::size_t kMaxBody = 4 * kMi;
constexpr const char* kUid = "705ab4f5-6393-11e8-b7cc-42010a800002";

constexpr const char* kPolicy = R"(
apiVersion: leangate.io/v1alpha1
kind: ClusterLeanImagePolicy
metadata: {name: lean}
spec:
  validationActions: [Deny]
  failurePolicy: Fail
  rules:
  - {name: total-size, size: {maxCompressed: 100Mi}}
)";

policies::Snapshot read_policy() {
  auto reading = policy::read_policies(kPolicy, "policy.yaml");
  REQUIRE(reading.mistakes.empty());
  return std::make_shared<const policy::PolicySet>(std::move(reading.policies));
}

// A review of one pod that is filled up to `bytes`.
std::string review_of(const std::string& image, std::size_t bytes = 0) {
  const ordered_json review{
      {"kind", "AdmissionReview"},
      {"apiVersion", "admission.k8s.io/v1"},
      {"request",
       {{"uid", kUid},
        {"kind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
        {"namespace", "ml"},
        {"operation", "CREATE"},
        {"object",
         {{"metadata", {{"annotations", {{"filler", "@"}}}}},
          {"spec", {{"containers", {{{"name", "api"}, {"image", image}}}}}}}}}}};
  auto body = review.dump();
  const auto filler = body.find('@');
  body.replace(filler, 1, bytes > body.size() ? bytes - body.size() + 1 : 0, '<');
  return body;
}

std::string request_head(const std::string& fields, const std::string& target = "/validate") {
  return "POST " + target +
         " HTTP/1.1\r\nHost: leangate.leangate.svc:443\r\nUser-Agent: kube-apiserver-admission\r\n"
         "Content-Type: application/json\r\nAccept-Encoding: gzip\r\n" +
         fields + "\r\n";
}

std::string post(const std::string& body, const std::string& target = "/validate?timeout=10s") {
  return request_head("Content-Length: " + std::to_string(body.size()) + "\r\n", target) + body;
}

class Webhook {
 public:
  Webhook() {
    inspector.images["registry.example/lean:1"] = fakes::fake_image(10 * kMi);
    inspector.images["registry.example/fat:1"] = fakes::fake_image(200 * kMi);
    server::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.max_body_bytes = kMaxBody;
    server_ = server::HttpsServer::start(
                  options,
                  *certificates_,
                  metrics_,
                  [this](const server::ValidateCall& call) {
                    auto answer = reviewer_.answer({.body = call.body,
                                                    .truncated = call.truncated,
                                                    .timeout = call.timeout,
                                                    .received = call.received});
                    return server::ValidateAnswer{
                        answer.status, std::move(answer.content_type), std::move(answer.body)};
                  })
                  .value();
  }

  fakes::Answer call(const std::string& request) const {
    fakes::TlsClient client{server_->port(), {.ca_file = authority_.ca_file()}};
    const auto answer = client.call(request);
    REQUIRE(answer.has_value());
    return *answer;
  }

  // The response of a review, which must be one in every form that API servers insist on.
  json respond(const std::string& request) const {
    const auto answer = call(request);
    REQUIRE(answer.status == 200);
    const auto review = json::parse(answer.body);
    CHECK(review.at("apiVersion") == "admission.k8s.io/v1");
    CHECK(review.at("kind") == "AdmissionReview");
    CHECK(review.at("response").at("uid") == kUid);
    return review.at("response");
  }

  fakes::FakeInspector inspector;

 private:
  fakes::TemporaryFolder folder_;
  fakes::TestAuthority authority_{folder_};
  fakes::CertificateFiles files_ = authority_.issue("server");
  std::unique_ptr<server::CertificateStore> certificates_ =
      server::CertificateStore::open(files_.certificate, files_.key).value();
  policies::PolicyStore store_{read_policy()};
  admission::NoClusterFacts cluster_;
  fakes::FakeClock clock_;
  observability::Metrics metrics_;
  admission::Reviewer reviewer_{
      {.policies = store_,
       .inspector = inspector,
       .cluster = cluster_,
       .clock = clock_,
       .metrics = metrics_,
       .reference = [] { return std::make_shared<const policy::ReferenceData>(); }},
      {.platforms = {{"linux", "amd64", ""}}}};
  std::unique_ptr<server::HttpsServer> server_;
};

bool denies_unread(const json& response) {
  return !response.at("allowed").get<bool>() &&
         response.at("status").at("message").get<std::string>().find("could not judge") !=
             std::string::npos;
}

}  // namespace

TEST_CASE("lean pods pass and fat ones are denied with the reason", "[webhook]") {
  const Webhook webhook;
  CHECK(webhook.respond(post(review_of("registry.example/lean:1"))).at("allowed").get<bool>());
  const auto denied = webhook.respond(post(review_of("registry.example/fat:1")));
  CHECK_FALSE(denied.at("allowed").get<bool>());
  CHECK(denied.at("status").at("code") == 403);
  CHECK(denied.at("status").at("reason") == "Forbidden");
  CHECK(denied.at("status").at("message").get<std::string>().find("200 MiB compressed") !=
        std::string::npos);
}

TEST_CASE("a chunked review is judged like any other", "[webhook]") {
  const Webhook webhook;
  const auto body = review_of("registry.example/fat:1");
  std::string chunks;
  for (std::size_t at = 0; at < body.size(); at += 10) {
    const auto piece = body.substr(at, 10);
    chunks += (piece.size() == 10 ? "a" : std::to_string(piece.size())) + "\r\n" + piece + "\r\n";
  }
  const auto response =
      webhook.respond(request_head("Transfer-Encoding: chunked\r\n") + chunks + "0\r\n\r\n");
  CHECK_FALSE(response.at("allowed").get<bool>());
}

TEST_CASE("a review at the limit is judged, a larger one answered with its uid", "[webhook]") {
  CHECK(server::ServerOptions{}.max_body_bytes == 32 * kMi);
  const Webhook webhook;
  const auto judged = webhook.respond(post(review_of("registry.example/lean:1", kMaxBody)));
  CHECK(judged.at("allowed").get<bool>());
  CHECK(denies_unread(webhook.respond(post(review_of("registry.example/lean:1", kMaxBody + kMi)))));
}

TEST_CASE("an endless body is answered once it is too large", "[webhook]") {
  const Webhook webhook;
  auto body = review_of("registry.example/lean:1", 2 * kMi);
  body.resize(kMi);
  std::string request =
      request_head("Transfer-Encoding: chunked\r\n") + "100000\r\n" + body + "\r\n";
  for (int i = 0; i < 5; ++i) {
    request += "100000\r\n" + std::string(kMi, '<') + "\r\n";
  }
  CHECK(denies_unread(webhook.respond(request)));
}

TEST_CASE("broken reviews are answered with their uid", "[webhook]") {
  const Webhook webhook;
  const auto body = review_of("registry.example/lean:1");
  const auto object = body.find(R"("metadata")");
  const auto broken =
      GENERATE_COPY(as<std::string>{},
                    body.substr(0, body.size() - 3),
                    body.substr(0, object) + std::string(100'000, '['),
                    body.substr(0, object) + R"("metadata":{},)" + body.substr(object));
  CHECK(denies_unread(webhook.respond(post(broken))));
}

TEST_CASE("what is no review gets an HTTP error without a Retry-After", "[webhook]") {
  struct Case {
    std::string name;
    std::string request;
    int status;
  };
  auto old_version = review_of("registry.example/lean:1");
  old_version.replace(old_version.find("k8s.io/v1"), 9, "k8s.io/v1beta1");
  const auto c = GENERATE_COPY(values<Case>({
      {"an empty body", post(""), 400},
      {"no JSON", post("<html>"), 400},
      {"v1beta1", post(old_version), 400},
      {"GET", "GET /validate HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
      {"another path", post(review_of("registry.example/lean:1"), "/mutate"), 404},
  }));
  CAPTURE(c.name);
  const Webhook webhook;
  const auto answer = webhook.call(c.request);
  CHECK(answer.status == c.status);
  CHECK(answer.head.find("Retry-After") == std::string::npos);
  CHECK(answer.body.find("html") == std::string::npos);
}

TEST_CASE("a slow registry never makes a review late", "[webhook]") {
  Webhook webhook;
  webhook.inspector.is_slow = true;
  const auto start = std::chrono::steady_clock::now();
  const auto response =
      webhook.respond(post(review_of("registry.example/lean:1"), "/validate?timeout=1s"));
  CHECK(std::chrono::steady_clock::now() - start < 1s);
  CHECK_FALSE(response.at("allowed").get<bool>());
  CHECK(response.at("status").at("message").get<std::string>().find("could not be judged") !=
        std::string::npos);
}

}  // namespace leangate
