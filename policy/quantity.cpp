#include "policy/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace leangate::policy {

namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t bytes = 1;
};

// In the order in which format_quantity prefers them. No unit comes last and always fits.
constexpr std::array kUnits{
    Unit{"Ti", 1ull << 40},
    Unit{"Gi", 1ull << 30},
    Unit{"Mi", 1ull << 20},
    Unit{"Ki", 1ull << 10},
    Unit{"T", 1'000'000'000'000},
    Unit{"G", 1'000'000'000},
    Unit{"M", 1'000'000},
    Unit{"k", 1'000},
    Unit{"", 1},
};

constexpr std::uint64_t kMaxBytes =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the digits off the front of the text.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

// Absent when the number doesn't fit.
std::optional<std::uint64_t> to_number(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  return number;
}

// The thousandths that one to three decimals stand for: "5" -> 500.
std::uint64_t to_thousandths(std::string_view decimals) {
  std::uint64_t thousandths = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    thousandths *= 10;
    thousandths += i < decimals.size() ? static_cast<std::uint64_t>(decimals[i] - '0') : 0;
  }
  return thousandths;
}

std::string expected() {
  return "expected a number of bytes with k, M, G, T, Ki, Mi, Gi, Ti or no unit, like 250Mi";
}

// The sum in bytes, or why there is none. The fraction can't overflow: 999 times 2^40 is small.
Result<std::uint64_t, std::string> to_bytes(std::uint64_t whole,
                                            std::uint64_t thousandths,
                                            std::uint64_t unit) {
  if (thousandths * unit % 1000 != 0) {
    return Failure{std::string{"this is no whole number of bytes"}};
  }
  const std::uint64_t fraction = thousandths * unit / 1000;
  if (whole > (kMaxBytes - fraction) / unit) {
    return Failure{std::string{"more than 2^63-1 bytes"}};
  }
  return whole * unit + fraction;
}

}  // namespace

Result<std::uint64_t, std::string> parse_quantity(std::string_view text) {
  const std::string_view whole = take_digits(text);
  if (whole.empty()) {
    return Failure{expected()};
  }
  if (whole.size() > 1 && whole.front() == '0') {
    return Failure{std::string{"leading zeros, expected a decimal number without them"}};
  }
  std::uint64_t thousandths = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view decimals = take_digits(text);
    if (decimals.empty() || decimals.size() > 3) {
      return Failure{std::string{"expected one to three digits after the decimal point"}};
    }
    thousandths = to_thousandths(decimals);
  }
  const auto* unit = std::find_if(
      kUnits.begin(), kUnits.end(), [text](const Unit& known) { return known.suffix == text; });
  if (unit == kUnits.end()) {
    return Failure{expected()};
  }
  const auto number = to_number(whole);
  if (!number) {
    return Failure{std::string{"more than 2^63-1 bytes"}};
  }
  return to_bytes(*number, thousandths, unit->bytes);
}

std::string format_quantity(std::uint64_t bytes) {
  std::string shortest;
  for (const Unit& unit : kUnits) {
    const bool divides = bytes % unit.bytes == 0 && (bytes != 0 || unit.bytes == 1);
    if (!divides) {
      continue;
    }
    std::string text = fmt::format("{}{}", bytes / unit.bytes, unit.suffix);
    if (shortest.empty() || text.size() < shortest.size()) {
      shortest = std::move(text);
    }
  }
  return shortest;
}

std::string describe_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kNames{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 1023.5 and more would be written as 1024: that is one of the next unit.
  while (amount >= 1023.5) {
    amount /= 1024;
    ++unit;
  }
  const double scale = amount < 9.995 ? 100 : amount < 99.95 ? 10 : 1;
  return fmt::format("{} {}", std::round(amount * scale) / scale, kNames.at(unit));
}

}  // namespace leangate::policy
