#include "policy/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace leangate::policy {

namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t milliseconds = 1;
};

constexpr std::array kUnits{
    Unit{"h", 3'600'000},
    Unit{"m", 60'000},
    Unit{"s", 1'000},
    Unit{"ms", 1},
};

// 100 years of 365.25 days.
constexpr std::uint64_t kMaxMilliseconds = 876'600ull * 3'600'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes everything up to the first character for which `stops` is true.
template <typename Predicate>
std::string_view take_until(std::string_view& text, Predicate stops) {
  const auto end = std::find_if(text.begin(), text.end(), stops);
  const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

std::string_view take_digits(std::string_view& text) {
  return take_until(text, [](char c) { return !is_digit(c); });
}

// The digits as a number; absent above `max`.
std::optional<std::uint64_t> to_number(std::string_view digits, std::uint64_t max) {
  std::uint64_t number = 0;
  for (const char c : digits) {
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
    if (number > max) {
      return std::nullopt;
    }
  }
  return number;
}

std::string expected_duration() {
  return "expected numbers with the units h, m, s or ms, like 1h30m or 500ms";
}

// What ".25" adds to a number of the unit; absent when that is finer than a millisecond.
std::optional<std::uint64_t> fraction_of(std::uint64_t unit, std::string_view decimals) {
  // An hour is 2^7 * 3^2 * 5^5 ms: with an eighth significant digit no fraction of it is whole.
  constexpr std::size_t kMaxDecimals = 7;
  decimals = decimals.substr(0, decimals.find_last_not_of('0') + 1);
  if (decimals.size() > kMaxDecimals) {
    return std::nullopt;
  }
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  for (const char c : decimals) {
    numerator = numerator * 10 + static_cast<std::uint64_t>(c - '0');
    denominator *= 10;
  }
  if (numerator * unit % denominator != 0) {
    return std::nullopt;
  }
  return numerator * unit / denominator;
}

// Takes one <number><unit> off the front of the text, in milliseconds.
Result<std::uint64_t, std::string> take_term(std::string_view& text) {
  const std::string_view whole = take_digits(text);
  std::string_view decimals;
  bool is_number = !whole.empty();
  if (is_number && text.starts_with('.')) {
    text.remove_prefix(1);
    decimals = take_digits(text);
    is_number = !decimals.empty();
  }
  const std::string_view suffix = take_until(text, [](char c) { return is_digit(c) || c == '.'; });
  const auto* unit = std::find_if(
      kUnits.begin(), kUnits.end(), [suffix](const Unit& known) { return known.suffix == suffix; });
  if (!is_number || unit == kUnits.end()) {
    return Failure{expected_duration()};
  }
  const auto number = to_number(whole, kMaxMilliseconds);
  if (!number || *number > kMaxMilliseconds / unit->milliseconds) {
    return Failure{std::string{"longer than 100 years"}};
  }
  const auto fraction = fraction_of(unit->milliseconds, decimals);
  if (!fraction) {
    return Failure{std::string{"finer than a millisecond"}};
  }
  return *number * unit->milliseconds + *fraction;
}

// Takes `width` digits and, unless it is 0, the character that must follow them.
std::optional<int> take_field(std::string_view& text, std::size_t width, char end) {
  const std::size_t length = width + (end == '\0' ? 0 : 1);
  if (text.size() < length ||
      !std::all_of(text.begin(), text.begin() + static_cast<int>(width), is_digit) ||
      (end != '\0' && text[width] != end)) {
    return std::nullopt;
  }
  int number = 0;
  for (const char c : text.substr(0, width)) {
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(length);
  return number;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_field(text, 4, '-');
  const auto month = year ? take_field(text, 2, '-') : std::nullopt;
  const auto day = month ? take_field(text, 2, 'T') : std::nullopt;
  if (!day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  return date.ok() ? std::optional{std::chrono::sys_days{date}} : std::nullopt;
}

// "hh:mm:ss" and a fraction, which is dropped.
std::optional<std::chrono::seconds> take_time(std::string_view& text) {
  const auto hour = take_field(text, 2, ':');
  const auto minute = hour ? take_field(text, 2, ':') : std::nullopt;
  const auto second = minute ? take_field(text, 2, '\0') : std::nullopt;
  if (!second || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take_digits(text).empty()) {
      return std::nullopt;
    }
  }
  return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
}

// "Z" or "+hh:mm", up to the end.
std::optional<std::chrono::seconds> take_offset(std::string_view text) {
  if (text == "Z") {
    return std::chrono::seconds{0};
  }
  if (!text.starts_with('+') && !text.starts_with('-')) {
    return std::nullopt;
  }
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hour = take_field(text, 2, ':');
  const auto minute = hour ? take_field(text, 2, '\0') : std::nullopt;
  if (!minute || !text.empty() || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  return sign * (std::chrono::hours{*hour} + std::chrono::minutes{*minute});
}

int year_of(Instant instant) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(instant)};
  return static_cast<int>(date.year());
}

}  // namespace

Result<Duration, std::string> parse_duration(std::string_view text) {
  if (text == "0") {
    return Duration{0};
  }
  if (text.empty()) {
    return Failure{expected_duration()};
  }
  std::uint64_t sum = 0;
  while (!text.empty()) {
    const auto term = take_term(text);
    if (!term) {
      return Failure{term.error()};
    }
    sum += *term;
    if (sum > kMaxMilliseconds) {
      return Failure{std::string{"longer than 100 years"}};
    }
  }
  return Duration{static_cast<Duration::rep>(sum)};
}

std::string format_duration(Duration duration) {
  const std::int64_t count = duration.count();
  const std::string_view sign = count < 0 ? "-" : "";
  // Negated as unsigned: the smallest number has no positive counterpart.
  const auto milliseconds =
      count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  if (milliseconds == 0) {
    return "0s";
  }
  if (milliseconds < 1000) {
    return fmt::format("{}{}ms", sign, milliseconds);
  }
  std::string seconds = fmt::format("{}", milliseconds / 1000 % 60);
  if (milliseconds % 1000 != 0) {
    seconds += fmt::format(".{:03}", milliseconds % 1000);
    seconds.erase(seconds.find_last_not_of('0') + 1);
  }
  const std::uint64_t hours = milliseconds / 3'600'000;
  const std::uint64_t minutes = milliseconds / 60'000 % 60;
  if (hours > 0) {
    return fmt::format("{}{}h{}m{}s", sign, hours, minutes, seconds);
  }
  return minutes > 0 ? fmt::format("{}{}m{}s", sign, minutes, seconds)
                     : fmt::format("{}{}s", sign, seconds);
}

Result<Instant, std::string> parse_instant(std::string_view text) {
  const auto date = take_date(text);
  const auto time = date ? take_time(text) : std::nullopt;
  const auto offset = time ? take_offset(text) : std::nullopt;
  if (!offset) {
    return Failure{std::string{"expected an instant like 2027-03-31T00:00:00Z (RFC 3339)"}};
  }
  const Instant instant = *date + *time - *offset;
  if (const int year = year_of(instant); year < 1 || year > 9999) {
    return Failure{std::string{"expected an instant in the years 0001 to 9999"}};
  }
  return instant;
}

std::string format_instant(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                     static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()),
                     time.hours().count(),
                     time.minutes().count(),
                     time.seconds().count());
}

}  // namespace leangate::policy
