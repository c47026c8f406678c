#include "webhook/observability/log_record.h"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace leangate::observability {
namespace {

using namespace std::chrono_literals;

// 2026-11-23T08:09:10.011Z
constexpr std::chrono::system_clock::time_point kTime{std::chrono::milliseconds{1795421350011}};

std::string line(LogFormat format,
                 std::string_view message,
                 std::initializer_list<LogField> fields = {}) {
  return format_log_record(format, {kTime, LogLevel::Info, message, fields});
}

TEST_CASE("a JSON log line holds time, level, message and the fields", "[observability]") {
  CHECK(line(LogFormat::Json, "review answered", {{"uid", "u-1"}, {"kind", "Pod"}}) ==
        R"({"time":"2026-11-23T08:09:10.011Z","level":"info","message":"review answered",)"
        R"("uid":"u-1","kind":"Pod"})");
}

TEST_CASE("a text log line quotes only what needs it", "[observability]") {
  CHECK(
      line(LogFormat::Text, R"(image "a" read)", {{"a", "plain"}, {"b", "two words"}, {"c", ""}}) ==
      R"(2026-11-23T08:09:10.011Z info  image "a" read a=plain b="two words" c="")");
}

TEST_CASE("times before the epoch and at a day's last millisecond are written right",
          "[observability]") {
  struct Case {
    std::chrono::milliseconds since_epoch;
    const char* text;
  };
  const auto row = GENERATE(values<Case>({{0ms, "1970-01-01T00:00:00.000Z"},
                                          {-1ms, "1969-12-31T23:59:59.999Z"},
                                          {951'868'799'999ms, "2000-02-29T23:59:59.999Z"}}));
  const LogRecord record{
      std::chrono::system_clock::time_point{row.since_epoch}, LogLevel::Warn, "m", {}};
  CHECK(format_log_record(LogFormat::Text, record) == std::string{row.text} + " warn  m");
}

TEST_CASE("hostile values leave a log line well-formed", "[observability]") {
  struct Case {
    const char* name;
    std::string value;
    const char* text;  // as the text format has it
  };
  const auto row = GENERATE(values<Case>({
      {"newline", "a\nlevel=error", R"("a\nlevel=error")"},
      {"escape sequence", "\x1b[31mred", R"("\u001b[31mred")"},
      {"zero byte", std::string{"a\0b", 3}, R"("a\u0000b")"},
      {"DEL", "a\x7f", R"("a\u007f")"},
      {"C1 control",
       "\xc2\x9b"
       "31m",
       R"("\u009b31m")"},
      {"quotes and backslash", R"(a"b\n)", R"("a\"b\\n")"},
      {"lone continuation byte", "a\x80", "\"a\xef\xbf\xbd\""},
      {"cut sequence", "\xe2\x82", "\"\xef\xbf\xbd\""},
      {"surrogate", "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
      {"beyond Unicode",
       "\xf5\x80\x80\x80",
       "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
  }));
  DYNAMIC_SECTION(row.name) {
    const std::string text = line(LogFormat::Text, "m", {{"v", row.value}});
    CHECK(text == std::string{"2026-11-23T08:09:10.011Z info  m v="} + row.text);

    const std::string json = line(LogFormat::Json, row.value, {{"v", row.value}});
    CHECK(std::none_of(
        json.begin(), json.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }));
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    REQUIRE(parsed.is_object());
    CHECK(parsed.at("v") == parsed.at("message"));
  }
}

TEST_CASE("values of all scripts stay readable", "[observability]") {
  CHECK(line(LogFormat::Text, "größe \u6587", {{"v", "\u6587"}}) ==
        "2026-11-23T08:09:10.011Z info  größe \u6587 v=\"\u6587\"");
}

TEST_CASE("logging before it is started writes nothing and breaks nothing", "[observability]") {
  log_error("nobody listens", {{"name", "value"}});
  start_logging(LogLevel::Off, LogFormat::Json);
  log_error("still nobody");
}

}  // namespace
}  // namespace leangate::observability
