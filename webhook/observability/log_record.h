// What one line of the log looks like: pure text, apart from where it is written to.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "webhook/observability/logging.h"

namespace leangate::observability {

struct LogRecord {
  std::chrono::system_clock::time_point time;
  LogLevel level = LogLevel::Info;
  std::string_view message;
  std::initializer_list<LogField> fields;
};

// One line without its newline. Whatever the message and the values hold, the line holds no
// control character and is valid UTF-8: broken sequences become U+FFFD.
//   Json: {"time":"2026-11-23T08:09:10.011Z","level":"info","message":"...","name":"value"}
//   Text: 2026-11-23T08:09:10.011Z info  message name=value other="quoted value"
std::string format_log_record(LogFormat format, const LogRecord& record);

}  // namespace leangate::observability
