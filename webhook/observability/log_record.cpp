#include "webhook/observability/log_record.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace leangate::observability {
namespace {

// RFC 3339, UTC, with milliseconds.
std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto instant = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{midnight};
  const std::chrono::hh_mm_ss clock{instant - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                     static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()),
                     clock.hours().count(),
                     clock.minutes().count(),
                     clock.seconds().count(),
                     clock.subseconds().count());
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Error:
    case LogLevel::Off:
      break;
  }
  return "error";
}

// A JSON string with its quotes. The serialiser escapes U+0000 to U+001F and mends UTF-8; what
// terminals also obey, DEL and the C1 controls U+0080 to U+009F (C2 80 to C2 9F), is left to us.
std::string in_quotes(std::string_view text) {
  const std::string json = nlohmann::json(text).dump(
      -1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
  std::string safe;
  safe.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto next = static_cast<unsigned char>(i + 1 < json.size() ? json[i + 1] : '\0');
    if (byte == 0x7f) {
      safe += "\\u007f";
    } else if (byte == 0xc2 && next < 0xa0) {
      safe += fmt::format("\\u{:04x}", next);
      ++i;
    } else {
      safe += json[i];
    }
  }
  return safe;
}

// For people: the same escapes, but no quotes around it and none of its own escaped.
std::string without_quotes(std::string_view text) {
  const std::string json = in_quotes(text);
  std::string plain;
  plain.reserve(json.size());
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] == '\\' && json[i + 1] == '"') {
      continue;
    }
    plain += json[i];
    if (json[i] == '\\') {
      plain += json[++i];
    }
  }
  return plain;
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           // Bytes beyond ASCII may be no UTF-8: quoting mends them.
           return static_cast<unsigned char>(c) >= 0x7f || c <= ' ' || c == '"' || c == '=' ||
                  c == '\\';
         });
}

std::string as_json(const LogRecord& record) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":{})",
                                 timestamp(record.time),
                                 level_name(record.level),
                                 in_quotes(record.message));
  for (const LogField& field : record.fields) {
    line += ',' + in_quotes(field.name) + ':' + in_quotes(field.value);
  }
  return line + '}';
}

std::string as_text(const LogRecord& record) {
  std::string line = fmt::format("{} {:<5} {}",
                                 timestamp(record.time),
                                 level_name(record.level),
                                 without_quotes(record.message));
  for (const LogField& field : record.fields) {
    line += ' ' + without_quotes(field.name) + '=';
    line += needs_quotes(field.value) ? in_quotes(field.value) : field.value;
  }
  return line;
}

}  // namespace

std::string format_log_record(LogFormat format, const LogRecord& record) {
  return format == LogFormat::Json ? as_json(record) : as_text(record);
}

}  // namespace leangate::observability
