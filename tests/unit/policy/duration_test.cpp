#include "policy/duration.h"

#include <limits>
#include <string>

#include "tests/support/catch.h"

namespace leangate::policy {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct DurationRow {
  std::string text;
  Duration duration{};
};

struct InstantRow {
  std::string text;
  std::int64_t unix_time = 0;
};

}  // namespace

TEST_CASE("a duration is read as Go reads it", "[policy]") {
  const auto row = GENERATE(values<DurationRow>({
      {"0", Duration{0}},
      {"0s", Duration{0}},
      {"60s", seconds{60}},
      {"24h", hours{24}},
      {"1h30m", minutes{90}},
      {"1h30m0s", minutes{90}},
      {"30m1h", minutes{90}},
      {"1s1s", seconds{2}},
      {"500ms", Duration{500}},
      {"1.5h", minutes{90}},
      {"1.5s", Duration{1500}},
      {"0.001s", Duration{1}},
      {"2.0ms", Duration{2}},
      {"0.0000025h", Duration{9}},
      {"1.50000000000h", minutes{90}},
      {"007s", seconds{7}},
      {"876600h", hours{876'600}},
  }));
  DYNAMIC_SECTION(row.text) {
    const auto duration = parse_duration(row.text);
    REQUIRE(duration);
    CHECK(*duration == row.duration);
  }
}

TEST_CASE("what is no duration is refused with the reason", "[policy]") {
  struct Bad {
    std::string text;
    std::string reason;
  };
  const auto row = GENERATE(values<Bad>({
      {"", "expected numbers with the units"},
      {"1", "expected numbers with the units"},
      {"h", "expected numbers with the units"},
      {"1d", "expected numbers with the units"},
      {"1w", "expected numbers with the units"},
      {"1H", "expected numbers with the units"},
      {"-1s", "expected numbers with the units"},
      {"+1s", "expected numbers with the units"},
      {"1 s", "expected numbers with the units"},
      {"1s ", "expected numbers with the units"},
      {".5s", "expected numbers with the units"},
      {"1.s", "expected numbers with the units"},
      {"1..5s", "expected numbers with the units"},
      {"1h30", "expected numbers with the units"},
      {"100us", "expected numbers with the units"},
      {"100ns", "expected numbers with the units"},
      {"1e3s", "expected numbers with the units"},
      {"1.5ms", "finer than a millisecond"},
      {"0.0001s", "finer than a millisecond"},
      {"0.0000001h", "finer than a millisecond"},
      {"0.00000025h", "finer than a millisecond"},
      {"876601h", "longer than 100 years"},
      {"876600h1ms", "longer than 100 years"},
      {"99999999999999999999h", "longer than 100 years"},
  }));
  DYNAMIC_SECTION('"' << row.text << '"') {
    const auto duration = parse_duration(row.text);
    REQUIRE_FALSE(duration);
    CHECK_THAT(duration.error(), Catch::Contains(row.reason));
  }
}

TEST_CASE("a duration is written as Go writes it", "[policy]") {
  const auto row = GENERATE(values<DurationRow>({
      {"0s", Duration{0}},
      {"1ms", Duration{1}},
      {"999ms", Duration{999}},
      {"1s", seconds{1}},
      {"1.5s", Duration{1500}},
      {"1.05s", Duration{1050}},
      {"1m0s", minutes{1}},
      {"1m0.25s", Duration{60'250}},
      {"1h0m0s", hours{1}},
      {"1h30m0s", minutes{90}},
      {"876600h0m0s", hours{876'600}},
  }));
  DYNAMIC_SECTION(row.text) {
    CHECK(format_duration(row.duration) == row.text);
    CHECK(parse_duration(row.text).value() == row.duration);
  }
}

TEST_CASE("a negative duration is written with a sign", "[policy]") {
  CHECK(format_duration(Duration{-90'000}) == "-1m30s");
  CHECK(format_duration(Duration::min()) == "-2562047788015h12m55.808s");
}

TEST_CASE("an instant is read from RFC 3339", "[policy]") {
  const auto row = GENERATE(values<InstantRow>({
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59Z", -1},
      {"2027-03-31T00:00:00Z", 1'806'451'200},
      {"2027-03-31T02:00:00+02:00", 1'806'451'200},
      {"2027-03-30T18:30:00-05:30", 1'806'451'200},
      {"2027-03-31T00:00:00.999999999Z", 1'806'451'200},
      {"2024-02-29T12:00:00Z", 1'709'208'000},
      {"0001-01-01T00:00:00Z", -62'135'596'800},
      {"9999-12-31T23:59:59Z", 253'402'300'799},
  }));
  DYNAMIC_SECTION(row.text) {
    const auto instant = parse_instant(row.text);
    REQUIRE(instant);
    CHECK(instant->time_since_epoch().count() == row.unix_time);
  }
}

TEST_CASE("what is no instant is refused", "[policy]") {
  const auto text = GENERATE(as<std::string>{},
                             "",
                             "2027-03-31",
                             "2027-03-31T00:00:00",
                             "2027-03-31 00:00:00Z",
                             "2027-03-31t00:00:00z",
                             "2027-3-31T00:00:00Z",
                             "27-03-31T00:00:00Z",
                             "2027-02-29T00:00:00Z",
                             "2027-13-01T00:00:00Z",
                             "2027-00-01T00:00:00Z",
                             "2027-01-00T00:00:00Z",
                             "2027-03-31T24:00:00Z",
                             "2027-03-31T00:60:00Z",
                             "2016-12-31T23:59:60Z",
                             "2027-03-31T00:00:00.Z",
                             "2027-03-31T00:00:00,5Z",
                             "2027-03-31T00:00:00+2:00",
                             "2027-03-31T00:00:00+0200",
                             "2027-03-31T00:00:00+24:00",
                             "2027-03-31T00:00:00+02:60",
                             "2027-03-31T00:00:00Z ",
                             "2027-03-31T00:00:00ZZ",
                             "-027-03-31T00:00:00Z",
                             "+027-03-31T00:00:00Z",
                             "0000-01-01T00:00:00Z",
                             "0001-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "12027-03-31T00:00:00Z");
  DYNAMIC_SECTION('"' << text << '"') {
    CHECK_FALSE(parse_instant(text));
  }
}

TEST_CASE("an instant is written in UTC", "[policy]") {
  CHECK(format_instant(parse_instant("2027-03-31T02:00:00.5+02:00").value()) ==
        "2027-03-31T00:00:00Z");
  CHECK(format_instant(parse_instant("0001-01-01T00:00:00Z").value()) == "0001-01-01T00:00:00Z");
  CHECK(format_instant(parse_instant("1969-12-31T23:59:59Z").value()) == "1969-12-31T23:59:59Z");
}

}  // namespace leangate::policy
