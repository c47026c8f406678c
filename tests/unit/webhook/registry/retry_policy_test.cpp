#include "webhook/registry/retry_policy.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using transport::HttpRequest;
using Kind = transport::TransportError::Kind;

constexpr milliseconds kPlenty{seconds{30}};

Attempt answered(int status) {
  Attempt attempt;
  attempt.status = status;
  return attempt;
}

Attempt failed(Kind error) {
  Attempt attempt;
  attempt.error = error;
  return attempt;
}

Attempt told_to_wait(int status, int span) {
  Attempt attempt = answered(status);
  attempt.retry_after = seconds{span};
  return attempt;
}

}  // namespace

TEST_CASE("what may pass is asked again", "[registry][retry]") {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    CAPTURE(status);
    CHECK(wait_before_retry(answered(status), kPlenty, 0));
  }
  for (const Kind kind : {Kind::Resolve, Kind::Connect, Kind::Protocol}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(wait_before_retry(failed(kind), kPlenty, 0));
  }
}

TEST_CASE("what stays as it is isn't asked again", "[registry][retry]") {
  for (const int status :
       {200, 204, 301, 304, 307, 400, 401, 403, 404, 405, 406, 410, 415, 451, 501, 505, 599}) {
    CAPTURE(status);
    CHECK_FALSE(wait_before_retry(answered(status), kPlenty, 0));
  }
  for (const Kind kind :
       {Kind::Timeout, Kind::Tls, Kind::Refused, Kind::Aborted, Kind::Overloaded}) {
    CAPTURE(static_cast<int>(kind));
    CHECK_FALSE(wait_before_retry(failed(kind), kPlenty, 0));
  }
}

TEST_CASE("only what changes nothing is asked again", "[registry][retry]") {
  const auto [method, expected] = GENERATE(table<HttpRequest::Method, bool>({
      {HttpRequest::Method::Get, true},
      {HttpRequest::Method::Head, true},
      {HttpRequest::Method::Post, false},
  }));
  Attempt attempt = answered(503);
  attempt.method = method;
  CHECK(wait_before_retry(attempt, kPlenty, 0).has_value() == expected);
}

TEST_CASE("a HEAD that breaks the registry isn't asked again", "[registry][retry]") {
  Attempt attempt = answered(500);
  attempt.method = HttpRequest::Method::Head;
  CHECK_FALSE(wait_before_retry(attempt, kPlenty, 0));
  attempt.status = 503;
  CHECK(wait_before_retry(attempt, kPlenty, 0));
}

TEST_CASE("waits grow, are random, and end with the third try", "[registry][retry]") {
  struct Case {
    std::string name;
    int tries;
    double random;
    milliseconds wait;
  };
  const auto row = GENERATE(values<Case>({
      {"first, the shortest", 1, 0, milliseconds{0}},
      {"first, half", 1, 0.5, milliseconds{125}},
      {"first, the longest", 1, 0.999, milliseconds{249}},
      {"second, the shortest", 2, 0, milliseconds{0}},
      {"second, half", 2, 0.5, milliseconds{250}},
      {"second, the longest", 2, 0.999, milliseconds{499}},
  }));
  CAPTURE(row.name);
  Attempt attempt = answered(502);
  attempt.tries = row.tries;
  CHECK(wait_before_retry(attempt, kPlenty, row.random) == row.wait);

  attempt.tries = kMaxTries;
  CHECK_FALSE(wait_before_retry(attempt, kPlenty, row.random));
}

TEST_CASE("a registry's word is the least that is waited", "[registry][retry]") {
  struct Case {
    std::string name;
    Attempt attempt;
    double random;
    std::optional<milliseconds> wait;
  };
  const auto row = GENERATE(values<Case>({
      {"two seconds", told_to_wait(503, 2), 0, milliseconds{2000}},
      {"and the random part", told_to_wait(429, 2), 0.5, milliseconds{2125}},
      {"at once", told_to_wait(429, 0), 0.5, milliseconds{125}},
      {"a 429 without a word", answered(429), 0, milliseconds{1000}},
      {"as long as anybody waits", told_to_wait(503, 5), 0, milliseconds{5000}},
      {"longer", told_to_wait(503, 6), 0, std::nullopt},
      {"an hour", told_to_wait(429, 3600), 0, std::nullopt},
      {"with a status that isn't for now", told_to_wait(404, 1), 0, std::nullopt},
  }));
  CAPTURE(row.name);
  CHECK(wait_before_retry(row.attempt, kPlenty, row.random) == row.wait);
}

TEST_CASE("a try that can't be answered in time isn't made", "[registry][retry]") {
  struct Case {
    std::string name;
    Attempt attempt;
    milliseconds left;
    bool fits;
  };
  const auto row = GENERATE(values<Case>({
      {"no time", answered(503), milliseconds{0}, false},
      {"too little for an answer", answered(503), milliseconds{199}, false},
      {"just enough", answered(503), milliseconds{200}, true},
      {"too little for the registry's word", told_to_wait(503, 2), milliseconds{2199}, false},
      {"enough for the registry's word", told_to_wait(503, 2), milliseconds{2200}, true},
  }));
  CAPTURE(row.name);
  CHECK(wait_before_retry(row.attempt, row.left, 0).has_value() == row.fits);
}

}  // namespace leangate::registry
