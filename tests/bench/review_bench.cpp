// What a review costs besides its lookups: reading the body and judging it, each as a ratio to
// building a JSON document of the same body, which is what a webhook without care would do first.
#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "policy/evaluate.h"
#include "policy/policy_reader.h"
#include "webhook/admission/review.h"

namespace {

using namespace leangate;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr int kRounds = 15;
constexpr int kCallsPerRound = 200;

// The median over the rounds of what one call takes: noise on a shared machine only ever adds.
double median_microseconds(const std::function<void()>& call) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kCallsPerRound; ++i) {
      call();
    }
    const Microseconds took = std::chrono::steady_clock::now() - start;
    rounds.push_back(took.count() / kCallsPerRound);
  }
  std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
  return rounds[kRounds / 2];
}

// A pod of three containers, about 6 KB with the environment and the managedFields that pods carry.
std::string pod_review() {
  nlohmann::json containers = nlohmann::json::array();
  for (int c = 0; c < 3; ++c) {
    nlohmann::json env = nlohmann::json::array();
    for (int e = 0; e < 12; ++e) {
      env.push_back({{"name", fmt::format("SETTING_{}", e)}, {"value", std::string(60, 'v')}});
    }
    containers.push_back({{"name", fmt::format("c{}", c)},
                          {"image", fmt::format("registry.example/team/service-{}:1.{}", c, c)},
                          {"env", env},
                          {"resources", {{"limits", {{"cpu", "1"}, {"memory", "1Gi"}}}}}});
  }
  const nlohmann::json review{
      {"kind", "AdmissionReview"},
      {"apiVersion", "admission.k8s.io/v1"},
      {"request",
       {{"uid", "705ab4f5-6393-11e8-b7cc-42010a800002"},
        {"kind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
        {"resource", {{"group", ""}, {"version", "v1"}, {"resource", "pods"}}},
        {"name", "service"},
        {"namespace", "team"},
        {"operation", "CREATE"},
        {"object",
         {{"kind", "Pod"},
          {"apiVersion", "v1"},
          {"metadata",
           {{"name", "service"}, {"managedFields", {{{"fieldsV1", std::string(1500, 'f')}}}}}},
          {"spec", {{"containers", containers}}}}}}}};
  return review.dump();
}

policy::ImageEvidence evidence() {
  policy::ImageFacts facts;
  facts.platform = {"linux", "amd64", ""};
  policy::ImageConfig config;
  for (int i = 0; i < 9; ++i) {
    facts.layers.push_back({fmt::format("sha256:{:064}", i), "tar+gzip", 150u << 20});
    config.diff_ids.push_back(fmt::format("sha256:{:064}", 100 + i));
    config.history.push_back({fmt::format("RUN step {} # buildkit", i), "", false});
  }
  facts.config = std::move(config);
  policy::ImageEvidence evidence;
  evidence.platforms.push_back(std::move(facts));
  return evidence;
}

policy::PolicySet builtin_ml_inference() {
  for (const policy::BuiltinPolicy& builtin : policy::builtin_policies()) {
    if (builtin.name == "ml-inference") {
      return policy::read_policies(builtin.yaml, "builtin").policies;
    }
  }
  return {};
}

}  // namespace

int main() {
  const std::string body = pod_review();
  const double document = median_microseconds([&] {
    const auto parsed = nlohmann::json::parse(body);
    if (parsed.empty()) {
      std::abort();
    }
  });
  const double reading = median_microseconds([&] {
    if (!admission::read_review(body)) {
      std::abort();
    }
  });

  const auto request = admission::read_review(body);
  const policy::PolicySet policies = builtin_ml_inference();
  const policy::ReferenceData bases;
  const policy::EvaluationContext context{.policies = policies,
                                          .reference = bases,
                                          .now = policy::Instant{},
                                          .exception_namespaces = {}};
  const std::vector<policy::ImageEvidence> known(request->workload->images.size(), evidence());
  const double judging = median_microseconds([&] {
    if (policy::evaluate(*request->workload, known, context).images.empty()) {
      std::abort();
    }
  });

  fmt::print(
      "| {} bytes, 3 images, builtin:ml-inference | microseconds (median) | ratio |\n"
      "|---|---|---|\n"
      "| baseline: build a JSON document of the body | {:.1f} | 1.00 |\n"
      "| read the review | {:.1f} | {:.2f} |\n"
      "| judge three denied images | {:.1f} | {:.2f} |\n",
      body.size(),
      document,
      reading,
      reading / document,
      judging,
      judging / document);
}
