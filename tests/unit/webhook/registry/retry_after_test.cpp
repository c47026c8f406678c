#include "webhook/registry/retry_after.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

using std::chrono::seconds;

// 1994-11-06T08:49:00Z, 37 s before the date that RFC 9110 5.6.7 writes in its three forms.
constexpr std::chrono::sys_seconds kNow{seconds{784111740}};

}  // namespace

TEST_CASE("Retry-After is a number of seconds or a date in three forms", "[registry][retry]") {
  struct Case {
    std::string name;
    std::string value;
    int seconds;
  };
  const auto row = GENERATE(values<Case>({
      {"seconds", "120", 120},
      {"none", "0", 0},
      {"leading zeros", "007", 7},
      {"with white space", " 5\t", 5},
      {"a day", "86400", 86400},
      {"more than a day", "86401", 86400},
      {"more than fits", "99999999999999999999999999", 86400},
      {"IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", 37},
      {"RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", 37},
      {"asctime", "Sun Nov  6 08:49:37 1994", 37},
      {"asctime of a later day", "Wed Nov 16 08:49:37 1994", 86400},
      {"now", "Sun, 06 Nov 1994 08:49:00 GMT", 0},
      {"a second ago", "Sun, 06 Nov 1994 08:48:59 GMT", 0},
      {"a day of the week that doesn't fit", "Mon, 06 Nov 1994 08:49:37 GMT", 37},
      {"a leap second", "Sun, 06 Nov 1994 08:49:60 GMT", 60},
      {"a leap day", "Thu, 29 Feb 1996 00:00:00 GMT", 86400},
      {"two digits that mean the next century", "Thursday, 06-Nov-44 08:49:37 GMT", 86400},
      {"two digits that mean the past", "Monday, 06-Nov-45 08:49:37 GMT", 0},
      {"year one", "Sun, 06 Nov 0001 08:49:37 GMT", 0},
      {"year 9999", "Sun, 06 Nov 9999 08:49:37 GMT", 86400},
  }));
  CAPTURE(row.name);
  CHECK(parse_retry_after(row.value, kNow) == seconds{row.seconds});
}

TEST_CASE("a Retry-After that is neither says nothing", "[registry][retry]") {
  const auto value = GENERATE(values<std::string>({
      "",
      " ",
      "-1",
      "+1",
      "1.5",
      "1s",
      "1, 2",
      "0x10",
      "soon",
      "1994-11-06T08:49:37Z",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 GMT, 1",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "sun, 06 nov 1994 08:49:37 gmt",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Wed, 29 Feb 1995 00:00:00 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06-Nov-94 08:49:37 GMT",
      "Sunday, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-1994 08:49:37 GMT",
      "Sun Nov 6 08:49:37 1994",
      "Sun Nov  06 08:49:37 1994",
      "Sun Nov  6 08:49:37 94",
      "Xxx, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Xxx 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:4\xff:37 GMT",
  }));
  CAPTURE(value);
  CHECK_FALSE(parse_retry_after(value, kNow));
}

TEST_CASE("ratelimit-remaining begins with what is left", "[registry][retry]") {
  CHECK(parse_rate_remaining("76;w=21600") == 76u);
  CHECK(parse_rate_remaining("0;w=21600") == 0u);
  CHECK(parse_rate_remaining(" 5 ") == 5u);
  CHECK(parse_rate_remaining("99999999999999999999") == UINT32_MAX);
  for (const char* value : {"", ";w=21600", "w=21600;76", "-1", "7x", "7 6", "7.5"}) {
    CAPTURE(value);
    CHECK_FALSE(parse_rate_remaining(value));
  }
}

}  // namespace leangate::registry
