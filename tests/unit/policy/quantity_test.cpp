#include "policy/quantity.h"

#include <limits>
#include <string>

#include "tests/support/catch.h"

namespace leangate::policy {

namespace {

constexpr std::uint64_t kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

struct Row {
  std::string text;
  std::uint64_t bytes = 0;
};

}  // namespace

TEST_CASE("a quantity is read as Kubernetes reads it", "[policy]") {
  const auto row = GENERATE(values<Row>({
      {"0", 0},
      {"0Mi", 0},
      {"0.0Gi", 0},
      {"12", 12},
      {"1k", 1000},
      {"1M", 1'000'000},
      {"1G", 1'000'000'000},
      {"1T", 1'000'000'000'000},
      {"1Ki", 1024},
      {"250Mi", 262'144'000},
      {"1Gi", 1'073'741'824},
      {"2Ti", 2'199'023'255'552},
      {"1.5Gi", 1'610'612'736},
      {"0.5Ki", 512},
      {"2.50M", 2'500'000},
      {"1.125Ki", 1152},
      {"0.001k", 1},
      {"10.0", 10},
      {"9223372036854775807", kMax},
      {"8388607Ti", 8388607ull << 40},
  }));
  DYNAMIC_SECTION(row.text) {
    const auto bytes = parse_quantity(row.text);
    REQUIRE(bytes);
    CHECK(*bytes == row.bytes);
  }
}

TEST_CASE("what is no quantity of bytes is refused with the reason", "[policy]") {
  struct Bad {
    std::string text;
    std::string reason;
  };
  const auto row = GENERATE(values<Bad>({
      {"", "expected a number of bytes"},
      {"Mi", "expected a number of bytes"},
      {"-1", "expected a number of bytes"},
      {"+1", "expected a number of bytes"},
      {" 1", "expected a number of bytes"},
      {"1 ", "expected a number of bytes"},
      {"1 Mi", "expected a number of bytes"},
      {"500MB", "expected a number of bytes"},
      {"500m", "expected a number of bytes"},
      {"1K", "expected a number of bytes"},
      {"1ki", "expected a number of bytes"},
      {"1mi", "expected a number of bytes"},
      {"1e3", "expected a number of bytes"},
      {"0x10", "expected a number of bytes"},
      {"1,5Gi", "expected a number of bytes"},
      {"1.5.5Gi", "expected a number of bytes"},
      {".5Gi", "expected a number of bytes"},
      {"5.", "decimal point"},
      {"5.Gi", "decimal point"},
      {"1.1234Gi", "decimal point"},
      {"0.0001k", "decimal point"},
      {"0.5", "no whole number"},
      {"1.1Ki", "no whole number"},
      {"0.333Mi", "no whole number"},
      {"040", "leading zeros"},
      {"00", "leading zeros"},
      {"9223372036854775808", "more than 2^63-1"},
      {"18446744073709551616", "more than 2^63-1"},
      {"99999999999999999999999999Ti", "more than 2^63-1"},
      {"8388608Ti", "more than 2^63-1"},
      {"8388607.999Ti", "no whole number"},
      {"9007199254740991.999Ki", "no whole number"},
      {"9007199254740992Ki", "more than 2^63-1"},
  }));
  DYNAMIC_SECTION('"' << row.text << '"') {
    const auto bytes = parse_quantity(row.text);
    REQUIRE_FALSE(bytes);
    CHECK_THAT(bytes.error(), Catch::Contains(row.reason));
  }
}

TEST_CASE("a quantity is written as short as can be", "[policy]") {
  const auto row = GENERATE(values<Row>({
      {"0", 0},
      {"1", 1},
      {"1023", 1023},
      {"1Ki", 1024},
      {"1500", 1500},
      {"2k", 2000},
      {"1024k", 1'024'000},
      {"1M", 1'000'000},
      {"500Mi", 524'288'000},
      {"1536Mi", 1'610'612'736},
      {"1Gi", 1'073'741'824},
      {"3T", 3'000'000'000'000},
      {"8388607Ti", 8388607ull << 40},
      {"9223372036854775807", kMax},
  }));
  DYNAMIC_SECTION(row.text) {
    CHECK(format_quantity(row.bytes) == row.text);
    CHECK(parse_quantity(row.text).value() == row.bytes);
  }
}

TEST_CASE("bytes are described in at most three digits", "[policy]") {
  const auto row = GENERATE(values<Row>({
      {"0 B", 0},
      {"12 B", 12},
      {"1023 B", 1023},
      {"1 KiB", 1024},
      {"1.5 KiB", 1536},
      {"9.99 KiB", 10'230},
      {"10 KiB", 10'239},
      {"99.9 KiB", 102'298},
      {"100 KiB", 102'399},
      {"500 MiB", 524'288'000},
      {"1000 MiB", 1'048'576'000},
      {"1023 MiB", 1'072'693'248},
      {"1 GiB", 1'073'741'823},
      {"2.31 GiB", 2'480'343'450},
      {"1.62 GiB", 1'739'461'755},
      {"16 EiB", std::numeric_limits<std::uint64_t>::max()},
  }));
  DYNAMIC_SECTION(row.text) {
    CHECK(describe_bytes(row.bytes) == row.text);
  }
}

}  // namespace leangate::policy
