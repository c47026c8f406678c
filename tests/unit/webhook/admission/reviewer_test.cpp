#include "webhook/admission/reviewer.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "policy/policy_reader.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_inspector.h"
#include "tests/support/catch.h"
#include "webhook/admission/platform_choice.h"

namespace leangate::admission {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* kPolicy = R"(
apiVersion: leangate.io/v1alpha1
kind: ClusterLeanImagePolicy
metadata: {name: lean}
spec:
  validationActions: [Deny]
  failurePolicy: FAILURE
  rules:
  - {name: total-size, size: {maxCompressed: 100}}
)";

policies::Snapshot policies_with(const std::string& failure_policy) {
  std::string text = kPolicy;
  text.replace(text.find("FAILURE"), 7, failure_policy);
  auto reading = policy::read_policies(text, "policy.yaml");
  REQUIRE(reading.mistakes.empty());
  return std::make_shared<const policy::PolicySet>(std::move(reading.policies));
}

struct Rig {
  explicit Rig(const std::string& failure_policy = "Ignore")
      : store{policies_with(failure_policy)} {
    inspector.images["docker.io/library/lean:1"] = fakes::fake_image(10);
    inspector.images["docker.io/library/fat:1"] = fakes::fake_image(1'000);
    options.platforms = {{"linux", "amd64", ""}};
  }

  Reviewer reviewer() {
    return {{.policies = store,
             .inspector = inspector,
             .cluster = cluster,
             .clock = clock,
             .metrics = metrics,
             .reference = [] { return std::make_shared<const policy::ReferenceData>(); }},
            options};
  }

  ReviewAnswer answer(const std::string& body, bool truncated = false) {
    return reviewer().answer(
        {.body = body, .truncated = truncated, .received = std::chrono::steady_clock::now()});
  }

  json response(const std::string& body, bool truncated = false) {
    const auto answered = answer(body, truncated);
    REQUIRE(answered.status == 200);
    CHECK(answered.content_type == "application/json");
    return json::parse(answered.body).at("response");
  }

  policies::PolicyStore store;
  fakes::FakeInspector inspector;
  NoClusterFacts cluster;
  fakes::FakeClock clock;
  observability::Metrics metrics;
  ReviewerOptions options;
};

std::string review_of(const std::vector<std::string>& images,
                      const std::string& operation = "CREATE") {
  json containers = json::array();
  for (const auto& image : images) {
    containers.push_back({{"name", "c"}, {"image", image}});
  }
  return json{{"kind", "AdmissionReview"},
              {"apiVersion", "admission.k8s.io/v1"},
              {"request",
               {{"uid", "u-1"},
                {"kind", {{"kind", "Pod"}}},
                {"namespace", "ml"},
                {"operation", operation},
                {"object", {{"spec", {{"containers", containers}}}}}}}}
      .dump();
}

// Without its last two braces.
std::string cut_off(const std::string& body) {
  return body.substr(0, body.size() - 2);
}

}  // namespace

TEST_CASE("the budget of a review leaves room for the answer", "[reviewer]") {
  CHECK(review_budget("", 10s) == 10s);
  CHECK(review_budget("5s", 10s) == 4500ms);
  CHECK(review_budget("30s", 10s) == 10s);
  CHECK(review_budget("10s", 10s) == 9500ms);
  CHECK(review_budget("1s", 10s) == 500ms);
  CHECK(review_budget("100ms", 10s) == 50ms);
  CHECK(review_budget("5s", 2s) == 2s);
  for (const auto* garbage : {"5", "-5s", "0s", "s", "5s5", "1e9s", "999999999999999h", "five"}) {
    CAPTURE(garbage);
    CHECK(review_budget(garbage, 10s) == 10s);
  }
}

TEST_CASE("the pod's constraints choose among the platforms of the nodes", "[reviewer]") {
  struct Case {
    std::string name;
    policy::PlatformConstraints constraints;
    std::vector<std::string> chosen;
  };
  const std::vector<policy::Platform> nodes{
      {"linux", "amd64", ""}, {"linux", "arm64", ""}, {"linux", "arm", "v7"}};
  const auto c = GENERATE(values<Case>({
      {"none", {}, {"linux/amd64", "linux/arm64", "linux/arm/v7"}},
      {"architecture", {{}, {"arm64"}}, {"linux/arm64"}},
      {"32-bit arm", {{}, {"arm"}}, {"linux/arm/v7"}},
      {"another spelling", {{"Linux"}, {"x86_64"}}, {"linux/amd64"}},
      {"system", {{"linux"}, {}}, {"linux/amd64", "linux/arm64", "linux/arm/v7"}},
      {"some are unknown", {{}, {"s390x", "arm64"}}, {"linux/arm64"}},
      {"all are unknown", {{}, {"s390x"}}, {"linux/s390x"}},
      {"an unknown system",
       {{"windows"}, {}},
       {"windows/amd64", "windows/arm/v7", "windows/arm64"}},
      {"both unknown", {{"windows"}, {"riscv64"}}, {"windows/riscv64"}},
  }));
  CAPTURE(c.name);
  std::vector<std::string> chosen;
  for (const auto& platform : platforms_of(c.constraints, nodes)) {
    chosen.push_back(platform.str());
  }
  std::sort(chosen.begin(), chosen.end());
  auto expected = c.chosen;
  std::sort(expected.begin(), expected.end());
  CHECK(chosen == expected);
}

TEST_CASE("nobody makes us look up a thousand platforms", "[reviewer]") {
  policy::PlatformConstraints constraints;
  for (int i = 0; i < 1'000; ++i) {
    constraints.os.push_back("os" + std::to_string(i));
    constraints.architectures.push_back("cpu" + std::to_string(i));
  }
  CHECK(platforms_of(constraints, {{"linux", "amd64", ""}}).size() == 16);
}

TEST_CASE("every image is asked for once, and only those that need it", "[reviewer]") {
  Rig rig;
  rig.options.user_hosts = {"localhost:5000"};
  const auto response = rig.response(
      review_of({"lean:1", "docker.io/library/lean:1", "localhost:5000/x", "UPPER", "fat:1"}));

  CHECK_FALSE(response.at("allowed").get<bool>());
  CHECK(response.at("uid") == "u-1");
  const auto asked = rig.inspector.asked();
  REQUIRE(asked.size() == 3);
  CHECK(asked[0].reference.str() == "docker.io/library/lean:1");
  CHECK(asked[1].reference.str() == "localhost:5000/x:latest");
  CHECK(asked[2].reference.str() == "docker.io/library/fat:1");
  CHECK_FALSE(asked[0].host_is_users_word);
  CHECK(asked[1].host_is_users_word);
  CHECK(asked[0].platforms.platforms == rig.options.platforms);
  CHECK_FALSE(asked[0].platforms.all);
}

TEST_CASE("a slow inspector costs no more than the caller's time", "[reviewer]") {
  Rig rig;
  rig.inspector.is_slow = true;
  const auto start = std::chrono::steady_clock::now();
  const auto body = review_of({"fat:1"});
  const auto answer = rig.reviewer().answer({.body = body, .timeout = "100ms", .received = start});
  CHECK(std::chrono::steady_clock::now() - start >= 50ms);
  const auto response = json::parse(answer.body).at("response");
  CHECK(response.at("allowed").get<bool>());
  CHECK(response.at("auditAnnotations").at("verdict") == "error");
}

TEST_CASE("what can't be judged follows the failure policy", "[reviewer]") {
  struct Case {
    std::string name;
    std::string body;
    bool truncated;
    bool is_broken;
  };
  const auto c = GENERATE(values<Case>({
      {"a review that breaks off", cut_off(review_of({"lean:1"})), false, false},
      {"a review that is too large", review_of({"lean:1"}), true, false},
      {"an inspector that throws", review_of({"lean:1"}), false, true},
  }));
  CAPTURE(c.name);

  SECTION("Ignore allows with a warning") {
    Rig rig{"Ignore"};
    rig.inspector.is_broken = c.is_broken;
    const auto response = rig.response(c.body, c.truncated);
    CHECK(response.at("uid") == "u-1");
    CHECK(response.at("allowed").get<bool>());
    CHECK(response.at("warnings").size() == 1);
    CHECK(response.at("auditAnnotations").at("verdict") == "error");
  }
  SECTION("Fail denies") {
    Rig rig{"Fail"};
    rig.inspector.is_broken = c.is_broken;
    const auto response = rig.response(c.body, c.truncated);
    CHECK(response.at("uid") == "u-1");
    CHECK_FALSE(response.at("allowed").get<bool>());
    CHECK(response.at("status").at("code") == 403);
    CHECK(response.at("status").at("message").get<std::string>().find("failurePolicy: Fail") !=
          std::string::npos);
  }
  SECTION("DryRun only records") {
    Rig rig{"Fail"};
    rig.options.enforcement = policy::Enforcement::DryRun;
    rig.inspector.is_broken = c.is_broken;
    const auto response = rig.response(c.body, c.truncated);
    CHECK(response.at("allowed").get<bool>());
    CHECK_FALSE(response.contains("warnings"));
    CHECK(response.at("auditAnnotations").contains("would-deny"));
  }
}

TEST_CASE("deleting is never denied", "[reviewer]") {
  Rig rig{"Fail"};
  const auto body = review_of({"fat:1"}, GENERATE("DELETE", "CONNECT"));
  for (const bool truncated : {false, true}) {
    const auto response = rig.response(body, truncated);
    CHECK(response.at("allowed").get<bool>());
    CHECK_FALSE(response.contains("warnings"));
  }
  CHECK(rig.inspector.asked().empty());
}

TEST_CASE("what is no v1 review gets a 400 that repeats nothing of it", "[reviewer]") {
  Rig rig;
  const auto body = GENERATE(as<std::string>{},
                             "",
                             "<script>alert(1)</script>",
                             R"({"kind": "<script>"})",
                             R"({"kind": "AdmissionReview", "request": {"uid": "<script>"},
                                 "apiVersion": "admission.k8s.io/v1beta1"})");
  CAPTURE(body);
  const auto answer = rig.answer(body);
  CHECK(answer.status == 400);
  CHECK(answer.content_type == "text/plain");
  CHECK(answer.body.size() > 1);
  CHECK(answer.body.find("script") == std::string::npos);
}

TEST_CASE("reviews and findings are counted", "[reviewer]") {
  Rig rig;
  rig.response(review_of({"fat:1"}));
  rig.response(review_of({"lean:1"}));
  rig.options.enforcement = policy::Enforcement::DryRun;
  rig.response(review_of({"fat:1"}));

  const auto text = rig.metrics.render();
  const auto has_line = [&](const std::vector<std::string>& parts) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      if (std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
            return line.find(part) != std::string::npos;
          })) {
        return true;
      }
    }
    return false;
  };
  CHECK(has_line({"leangate_reviews_total", R"(decision="deny")", R"(kind="Pod")", "} 1"}));
  CHECK(has_line({"leangate_reviews_total", R"(decision="allow")", "} 2"}));
  CHECK(has_line({"leangate_findings_total", R"(action="Deny")", R"(enforced="true")", "} 1"}));
  CHECK(has_line({"leangate_findings_total", R"(action="Deny")", R"(enforced="false")", "} 1"}));
}

TEST_CASE("the command line judges without a review", "[reviewer]") {
  Rig rig;
  rig.options.all_platforms = true;
  policy::Workload workload;
  workload.images.push_back({.image = "fat:1", .container = "", .field_path = ""});
  workload.images.push_back({.image = "gone:1", .container = "", .field_path = ""});
  const auto verdict = rig.reviewer().judge(workload, deadline_in(1s));
  CHECK(verdict.decision == policy::Decision::Deny);
  REQUIRE(verdict.images.size() == 2);
  CHECK(verdict.images[1].decision == policy::Decision::Error);
  REQUIRE(verdict.images[1].failure.has_value());
  CHECK(verdict.images[1].failure->detail == "docker.io/library/gone:1: no such image");
  CHECK(rig.inspector.asked()[0].platforms.all);
}

}  // namespace leangate::admission
