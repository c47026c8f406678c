#include "webhook/observability/metrics.h"

#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace leangate::observability {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("every metric is rendered under its documented name and labels", "[observability]") {
  Metrics metrics;
  metrics.count_review("Pod", "CREATE", "deny", 3ms);
  metrics.count_finding("lean-default", "total-size", "Deny", true);
  metrics.count_registry_request("docker.io", "GET", 200, 40ms);
  metrics.count_registry_retry("docker.io");
  metrics.set_registry_rate_remaining("docker.io", 76);
  metrics.count_lookup("coalesced");
  metrics.add_lookups_in_flight(3);
  metrics.add_lookups_in_flight(-1);
  metrics.set_cache(1024, 7);
  metrics.set_connections("idle", 12);
  metrics.set_policies("loaded", 2);
  metrics.count_reload_failure("certificate");
  metrics.set_certificate_expiry(std::chrono::sys_seconds{1'700'000'000s});

  const std::string text = metrics.render();
  const auto line = GENERATE(values<const char*>({
      "\nleangate_build_info{commit=\"",
      "leangate_reviews_total{decision=\"deny\",kind=\"Pod\",operation=\"CREATE\"} 1\n",
      "leangate_review_duration_seconds_bucket{decision=\"deny\",le=\"0.0025\"} 0\n",
      "leangate_review_duration_seconds_bucket{decision=\"deny\",le=\"0.005\"} 1\n",
      "leangate_review_duration_seconds_bucket{decision=\"deny\",le=\"30\"} 1\n",
      "leangate_review_duration_seconds_count{decision=\"deny\"} 1\n",
      "leangate_findings_total{action=\"Deny\",enforced=\"true\",policy=\"lean-default\","
      "rule=\"total-size\"} 1\n",
      "leangate_registry_requests_total{code=\"200\",method=\"GET\",registry=\"docker.io\"} 1\n",
      "leangate_registry_request_duration_seconds_count{registry=\"docker.io\"} 1\n",
      "leangate_registry_retries_total{registry=\"docker.io\"} 1\n",
      "leangate_registry_ratelimit_remaining{registry=\"docker.io\"} 76\n",
      "leangate_lookups_total{result=\"coalesced\"} 1\n",
      "leangate_lookups_total{result=\"stale\"} 0\n",
      "leangate_lookups_in_flight 2\n",
      "leangate_cache_bytes 1024\n",
      "leangate_cache_entries 7\n",
      "leangate_connections{state=\"idle\"} 12\n",
      "leangate_connections{state=\"active\"} 0\n",
      "leangate_policies{state=\"loaded\"} 2\n",
      "leangate_policies{state=\"failed\"} 0\n",
      "leangate_reload_failures_total{what=\"certificate\"} 1\n",
      "leangate_reload_failures_total{what=\"policies\"} 0\n",
      "leangate_certificate_expiry_timestamp_seconds 1700000000\n",
      "\nprocess_resident_memory_bytes ",
  }));
  CHECK_THAT(text, Contains(line));
}

TEST_CASE("metrics without a value yet have no heading", "[observability]") {
  const std::string text = Metrics{}.render();
  const auto name = GENERATE(values<const char*>({"leangate_reviews_total",
                                                  "leangate_certificate_expiry",
                                                  "leangate_registry_requests_total"}));
  CHECK_THAT(text, !Contains(name));
}

TEST_CASE("labels from outside are bounded", "[observability]") {
  Metrics metrics;
  metrics.count_review("Evil\"} 1\n", "EXPLODE", "maybe", 1ms);
  metrics.count_lookup("no such result");
  metrics.count_registry_request("host\n", "BREW", 12345, 1ms);
  const std::string text = metrics.render();
  CHECK_THAT(text,
             Contains("leangate_reviews_total{decision=\"other\",kind=\"other\","
                      "operation=\"other\"} 1\n"));
  CHECK_THAT(text, Contains("leangate_lookups_total{result=\"other\"} 1\n"));
  CHECK_THAT(text,
             Contains("leangate_registry_requests_total{code=\"other\",method=\"other\","
                      "registry=\"other\"} 1\n"));
}

TEST_CASE("only the first fifty registries that answer and the configured ones have names",
          "[observability]") {
  Metrics metrics;
  metrics.count_registry_request("silent.example", "GET", 0, 1ms);
  for (int i = 0; i < 60; ++i) {
    metrics.count_registry_request("r" + std::to_string(i) + ".example", "GET", 200, 1ms);
  }
  metrics.name_registry("own.example:5000");
  metrics.count_registry_request("own.example:5000", "GET", 0, 1ms);

  const std::string text = metrics.render();
  const auto requests = [](const std::string& host, int code) {
    return "leangate_registry_requests_total{code=\"" + std::to_string(code) +
           "\",method=\"GET\",registry=\"" + host + "\"} ";
  };
  CHECK_THAT(text, Contains(requests("r0.example", 200) + "1\n"));
  CHECK_THAT(text, Contains(requests("r49.example", 200) + "1\n"));
  CHECK_THAT(text, Contains(requests("other", 200) + "10\n"));
  CHECK_THAT(text, Contains(requests("other", 0) + "1\n"));
  CHECK_THAT(text, Contains(requests("own.example:5000", 0) + "1\n"));
  CHECK_THAT(text, !Contains("r50.example"));
  CHECK_THAT(text, !Contains("silent.example"));
}

TEST_CASE("metrics are counted from many threads", "[observability]") {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        metrics.count_review("Pod", "CREATE", "allow", 1ms);
        metrics.add_lookups_in_flight(1);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const std::string text = metrics.render();
  CHECK_THAT(text, Contains("operation=\"CREATE\"} 400\n"));
  CHECK_THAT(text, Contains("leangate_lookups_in_flight 400\n"));
}

}  // namespace
}  // namespace leangate::observability
