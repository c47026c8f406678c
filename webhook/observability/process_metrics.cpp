#include "webhook/observability/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace leangate::observability {
namespace {

// Field numbers of proc(5), counted from 1; those after the name start with 3, the state.
constexpr std::size_t kUserTime = 14;
constexpr std::size_t kSystemTime = 15;
constexpr std::size_t kStartTime = 22;
constexpr std::size_t kVirtualSize = 23;
constexpr std::size_t kResidentSize = 24;
constexpr std::size_t kFirstAfterName = 3;

std::string read_text(const char* path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Seconds since the epoch at which this machine booted; 0 when it can't be told.
double boot_time() {
  const std::string stat = read_text("/proc/stat");
  const auto line = stat.find("\nbtime ");
  return line == std::string::npos
             ? 0
             : static_cast<double>(to_number(std::string_view{stat}.substr(line + 7)));
}

std::optional<double> open_files() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry{"/proc/self/fd", error}, end;
       !error && entry != end;
       entry.increment(error)) {
    ++count;
  }
  // The iterator's own descriptor is among those it counts.
  return error ? std::nullopt : std::optional{count - 1};
}

prometheus::MetricFamily family(const char* name,
                                const char* help,
                                prometheus::MetricType type,
                                double value) {
  prometheus::ClientMetric metric;
  metric.counter.value = value;
  metric.gauge.value = value;
  return {name, help, type, {metric}};
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const auto name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(name_end + 2);
  std::array<std::uint64_t, kResidentSize + 1> fields{};
  for (std::size_t number = kFirstAfterName; number <= kResidentSize; ++number) {
    if (text.empty()) {
      return std::nullopt;
    }
    const auto end = text.find(' ');
    fields.at(number) = to_number(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return ProcessStat{.cpu_ticks = fields[kUserTime] + fields[kSystemTime],
                     .start_ticks = fields[kStartTime],
                     .virtual_bytes = fields[kVirtualSize],
                     .resident_pages = fields[kResidentSize]};
}

std::vector<prometheus::MetricFamily> collect_process_metrics() {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](const char* name, const char* help, MetricType type, double value) {
    families.push_back(family(name, help, type, value));
  };
  if (const auto stat = parse_process_stat(read_text("/proc/self/stat"))) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    add("process_cpu_seconds_total",
        "User and system CPU time spent in seconds.",
        MetricType::Counter,
        static_cast<double>(stat->cpu_ticks) / ticks);
    add("process_resident_memory_bytes",
        "Resident memory in bytes.",
        MetricType::Gauge,
        static_cast<double>(stat->resident_pages) * page);
    add("process_virtual_memory_bytes",
        "Virtual memory in bytes.",
        MetricType::Gauge,
        static_cast<double>(stat->virtual_bytes));
    add("process_start_time_seconds",
        "Start of the process in seconds since the epoch.",
        MetricType::Gauge,
        boot_time() + static_cast<double>(stat->start_ticks) / ticks);
  }
  if (const auto count = open_files()) {
    add("process_open_fds", "Open file descriptors.", MetricType::Gauge, *count);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add("process_max_fds",
        "How many file descriptors may be open.",
        MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
  }
  return families;
}

}  // namespace leangate::observability
