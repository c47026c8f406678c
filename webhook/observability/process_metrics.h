// The process_* metrics that every Prometheus client library has, from /proc/self.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

namespace leangate::observability {

// The fields of /proc/PID/stat that matter here; see proc(5).
struct ProcessStat {
  std::uint64_t cpu_ticks = 0;      // utime and stime
  std::uint64_t start_ticks = 0;    // since boot
  std::uint64_t virtual_bytes = 0;  // vsize
  std::uint64_t resident_pages = 0;
};

// Nothing where the text isn't of that form. The name of the process may hold anything.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

// What can't be read is left out.
std::vector<prometheus::MetricFamily> collect_process_metrics();

}  // namespace leangate::observability
