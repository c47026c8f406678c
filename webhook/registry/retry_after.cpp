#include "webhook/registry/retry_after.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using std::chrono::seconds;

// Longer than anybody waits, so that a larger number can't be told from this one.
constexpr seconds kLongest{24 * 3600};

constexpr std::array<std::string_view, 7> kDays{
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes a date apart from left to right; once something doesn't fit, nothing fits any more.
class DateScanner {
 public:
  explicit DateScanner(std::string_view text) : rest_{text} {}

  void expect(std::string_view literal) {
    is_good_ = is_good_ && rest_.substr(0, literal.size()) == literal;
    skip(literal.size());
  }

  // Exactly that many digits.
  int number(std::size_t digits) {
    const std::string_view text = rest_.substr(0, digits);
    is_good_ = is_good_ && text.size() == digits && std::all_of(text.begin(), text.end(), is_digit);
    int value = 0;
    for (const char c : is_good_ ? text : std::string_view{}) {
      value = value * 10 + (c - '0');
    }
    skip(digits);
    return value;
  }

  // The place of the name that stands here, of which `length` letters count.
  template <std::size_t N>
  std::size_t name(const std::array<std::string_view, N>& names, std::size_t length) {
    for (std::size_t i = 0; i < N; ++i) {
      const std::string_view wanted = names[i].substr(0, length);
      if (rest_.substr(0, wanted.size()) == wanted) {
        skip(wanted.size());
        return i;
      }
    }
    is_good_ = false;
    return 0;
  }

  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool is_done() const { return is_good_ && rest_.empty(); }

 private:
  void skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }

  std::string_view rest_;
  bool is_good_ = true;
};

struct Date {
  int year = 0;
  std::size_t month = 0;  // from 0
  int day = 0;
  seconds time{0};
};

seconds scan_time(DateScanner& scanner) {
  const int hour = scanner.number(2);
  scanner.expect(":");
  const int minute = scanner.number(2);
  scanner.expect(":");
  const int second = scanner.number(2);
  if (hour > 23 || minute > 59 || second > 60) {  // 60: a leap second
    scanner.expect("no such time");
  }
  return seconds{hour * 3600 + minute * 60 + second};
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Date> scan_imf_fixdate(std::string_view text) {
  DateScanner scanner{text};
  Date date;
  scanner.name(kDays, 3);
  scanner.expect(", ");
  date.day = scanner.number(2);
  scanner.expect(" ");
  date.month = scanner.name(kMonths, 3);
  scanner.expect(" ");
  date.year = scanner.number(4);
  scanner.expect(" ");
  date.time = scan_time(scanner);
  scanner.expect(" GMT");
  return scanner.is_done() ? std::optional{date} : std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT". A year that seems more than 50 years ahead is of the past.
std::optional<Date> scan_rfc850_date(std::string_view text, int this_year) {
  DateScanner scanner{text};
  Date date;
  scanner.name(kDays, std::string_view::npos);
  scanner.expect(", ");
  date.day = scanner.number(2);
  scanner.expect("-");
  date.month = scanner.name(kMonths, 3);
  scanner.expect("-");
  date.year = this_year - this_year % 100 + scanner.number(2);
  date.year += date.year < this_year ? 100 : 0;
  date.year -= date.year > this_year + 50 ? 100 : 0;
  scanner.expect(" ");
  date.time = scan_time(scanner);
  scanner.expect(" GMT");
  return scanner.is_done() ? std::optional{date} : std::nullopt;
}

// "Sun Nov  6 08:49:37 1994"
std::optional<Date> scan_asctime_date(std::string_view text) {
  DateScanner scanner{text};
  Date date;
  scanner.name(kDays, 3);
  scanner.expect(" ");
  date.month = scanner.name(kMonths, 3);
  scanner.expect(" ");
  const bool one_digit = scanner.next_is(' ');
  scanner.expect(one_digit ? " " : "");
  date.day = scanner.number(one_digit ? 1 : 2);
  scanner.expect(" ");
  date.time = scan_time(scanner);
  scanner.expect(" ");
  date.year = scanner.number(4);
  return scanner.is_done() ? std::optional{date} : std::nullopt;
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        std::chrono::sys_seconds now) {
  using namespace std::chrono;
  const int this_year{static_cast<int>(year_month_day{floor<days>(now)}.year())};
  std::optional<Date> date = scan_imf_fixdate(text);
  date = date ? date : scan_rfc850_date(text, this_year);
  date = date ? date : scan_asctime_date(text);
  if (!date) {
    return std::nullopt;
  }
  const year_month_day day{year{date->year},
                           month{static_cast<unsigned>(date->month + 1)},
                           std::chrono::day{static_cast<unsigned>(date->day)}};
  return day.ok() ? std::optional{sys_days{day} + date->time} : std::nullopt;
}

// Saturates: what doesn't fit is as good as the largest number.
template <typename Number>
Number parse_digits(std::string_view digits, Number most) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    value = std::min(value * 10 + static_cast<std::uint64_t>(c - '0'),
                     static_cast<std::uint64_t>(most));
  }
  return static_cast<Number>(value);
}

}  // namespace

std::optional<seconds> parse_retry_after(std::string_view value, std::chrono::sys_seconds now) {
  const std::string_view text = trim(value);
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)) {
    return seconds{parse_digits(text, kLongest.count())};
  }
  const auto date = parse_http_date(text, now);
  if (!date) {
    return std::nullopt;
  }
  return std::clamp(seconds{*date - now}, seconds{0}, kLongest);
}

std::optional<std::uint32_t> parse_rate_remaining(std::string_view value) {
  const std::string_view text = trim(value);
  const std::string_view digits =
      text.substr(0,
                  static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) -
                                           text.begin()));
  const bool ends_there = digits.size() == text.size() || text[digits.size()] == ';';
  if (digits.empty() || !ends_there) {
    return std::nullopt;
  }
  return parse_digits(digits, std::uint32_t{UINT32_MAX});
}

}  // namespace leangate::registry
