#include "webhook/observability/process_metrics.h"

#include <set>
#include <string>

#include "tests/support/catch.h"

namespace leangate::observability {

TEST_CASE("a process's numbers are found behind any name", "[observability]") {
  const auto name = GENERATE(values<std::string>({"cat", "a b", "a) R 1", "(()", ""}));
  CAPTURE(name);
  const auto stat = parse_process_stat(
      "77 (" + name +
      ") S 1 77 77 0 -1 4194560 110 0 0 0 250 50 0 0 20 0 3 0 123456 4096000 800 184467440737\n");
  REQUIRE(stat.has_value());
  CHECK(stat->cpu_ticks == 300);
  CHECK(stat->start_ticks == 123456);
  CHECK(stat->virtual_bytes == 4096000);
  CHECK(stat->resident_pages == 800);
}

TEST_CASE("what is no process status gives nothing", "[observability]") {
  const auto text = GENERATE(values<const char*>({"", "77", "77 (cat", "77 (cat) S 1 77"}));
  CAPTURE(text);
  CHECK_FALSE(parse_process_stat(text).has_value());
}

TEST_CASE("the metrics of this process are plausible", "[observability]") {
  std::set<std::string> names;
  for (const prometheus::MetricFamily& family : collect_process_metrics()) {
    CAPTURE(family.name);
    names.insert(family.name);
    REQUIRE(family.metric.size() == 1);
    CHECK(family.metric.front().gauge.value >= 0);
  }
  CHECK(names == std::set<std::string>{"process_cpu_seconds_total",
                                       "process_resident_memory_bytes",
                                       "process_virtual_memory_bytes",
                                       "process_start_time_seconds",
                                       "process_open_fds",
                                       "process_max_fds"});
}

}  // namespace leangate::observability
