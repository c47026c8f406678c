// One logger for the process: to stderr, as text or as one JSON object a line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace leangate::observability {

enum class LogLevel { Debug, Info, Warn, Error, Off };
enum class LogFormat { Text, Json };

// Before the first log line and not again.
void start_logging(LogLevel level, LogFormat format);

// A named value of a log line. Values are written as they are in JSON, quoted where needed in
// text; control characters are escaped in both. No secret may be passed here.
struct LogField {
  std::string_view name;
  std::string value;
};

// Safe from any thread; never throws.
void log_line(LogLevel level,
              std::string_view message,
              std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::Debug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::Info, message, fields);
}
inline void log_warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::Warn, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::Error, message, fields);
}

}  // namespace leangate::observability
