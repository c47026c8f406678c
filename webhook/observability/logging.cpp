#include "webhook/observability/logging.h"

#include <atomic>
#include <chrono>
#include <memory>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "webhook/observability/log_record.h"

namespace leangate::observability {
namespace {

struct Log {
  spdlog::logger logger{"leangate", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::atomic<LogFormat> format{LogFormat::Text};
};

// Never destroyed: threads may still log while statics go. Silent until start_logging, so that a
// library call or a test writes nothing that nobody asked for.
Log& the_log() {
  static Log& log = [&]() -> Log& {
    auto owned = std::make_unique<Log>();
    owned->logger.set_pattern("%v");  // log_record has composed the line already
    owned->logger.set_level(spdlog::level::off);
    return *owned.release();
  }();
  return log;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warn:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
    case LogLevel::Off:
      break;
  }
  return spdlog::level::off;
}

}  // namespace

void start_logging(LogLevel level, LogFormat format) {
  Log& log = the_log();
  log.format = format;
  log.logger.set_level(to_spdlog(level));
}

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  try {
    Log& log = the_log();
    const auto severity = to_spdlog(level);
    if (level == LogLevel::Off || !log.logger.should_log(severity)) {
      return;
    }
    const std::string line =
        format_log_record(log.format, {std::chrono::system_clock::now(), level, message, fields});
    log.logger.log(severity, spdlog::string_view_t{line.data(), line.size()});
  } catch (...) {  // out of memory: a line lost is better than a review lost
    return;
  }
}

}  // namespace leangate::observability
