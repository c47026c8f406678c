#include "webhook/registry/token.h"

#include "tests/fakes/fake_clock.h"
#include "tests/support/catch.h"
#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

using std::chrono::seconds;

struct Good {
  std::string name;
  std::string body;
  std::string token;
  int lifetime;
};

struct Bad {
  std::string name;
  std::string body;
};

}  // namespace

TEST_CASE("a token server's answer is read as leniently as it is written", "[registry]") {
  // FakeClock stands at 2026-11-23T00:00:00Z.
  const auto row = GENERATE(values<Good>({
      {"token", R"({"token": "t"})", "t", 60},
      {"access_token", R"({"access_token": "a"})", "a", 60},
      {"both", R"({"token": "t", "access_token": "a"})", "t", 60},
      {"empty token, then access_token", R"({"token": "", "access_token": "a"})", "a", 60},
      {"null token, then access_token", R"({"token": null, "access_token": "a"})", "a", 60},
      {"lifetime", R"({"token": "t", "expires_in": 300})", "t", 300},
      {"lifetime below the minimum", R"({"token": "t", "expires_in": 5})", "t", 60},
      {"negative lifetime", R"({"token": "t", "expires_in": -5})", "t", 60},
      {"lifetime as text", R"({"token": "t", "expires_in": "300"})", "t", 60},
      {"endless lifetime", R"({"token": "t", "expires_in": 1e30})", "t", 60},
      {"a century", R"({"token": "t", "expires_in": 3153600000})", "t", 86400},
      {"issued a while ago",
       R"({"token": "t", "expires_in": 300, "issued_at": "2026-11-22T23:59:00Z"})",
       "t",
       240},
      {"issued in year one",
       R"({"token": "t", "expires_in": 300, "issued_at": "0001-01-01T00:00:00Z"})",
       "t",
       300},
      {"issued in the future",
       R"({"token": "t", "expires_in": 300, "issued_at": "2026-11-23T00:10:00Z"})",
       "t",
       300},
      {"expired already",
       R"({"token": "t", "expires_in": 300, "issued_at": "2026-11-22T23:00:00Z"})",
       "t",
       300},
      {"issued at nonsense", R"({"token": "t", "expires_in": 300, "issued_at": 7})", "t", 300},
  }));
  CAPTURE(row.name);

  const auto token = read_token_answer(row.body, fakes::FakeClock{}.utc_now());
  REQUIRE(token);
  CHECK(token->value == row.token);
  CHECK(token->lifetime == seconds{row.lifetime});
}

TEST_CASE("an answer without a usable token is an error that doesn't quote it", "[registry]") {
  const auto row = GENERATE(values<Bad>({
      {"nothing", ""},
      {"login page", "<html>secret"},
      {"no object", "[]"},
      {"no token", "{}"},
      {"empty tokens", R"({"token": "", "access_token": ""})"},
      {"token no text", R"({"token": 7})"},
      {"token twice", R"({"token": "secret", "token": "secret2"})"},
      {"a line break in it", R"({"token": "secret\r\nHost: x"})"},
      {"a space in it", R"({"token": "secret x"})"},
      {"beyond ASCII", R"({"token": "secretä"})"},
      {"too long", R"({"token": ")" + std::string(kMaxTokenBytes + 1, 'x') + R"("})"},
  }));
  CAPTURE(row.name);

  const auto token = read_token_answer(row.body, fakes::FakeClock{}.utc_now());
  REQUIRE_FALSE(token);
  CHECK(token.error().find("secret") == std::string::npos);
}

TEST_CASE("a token is used until shortly before it expires", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  cache.put("k", {"t", seconds{60}}, clock.steady_now());

  CHECK(cache.find("k") == "t");
  CHECK_FALSE(cache.find("other"));
  clock.advance(seconds{49});
  CHECK(cache.find("k") == "t");
  clock.advance(seconds{1});
  CHECK_FALSE(cache.find("k"));
}

TEST_CASE("a refused token is dropped, its successor isn't", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  cache.put("k", {"old", seconds{60}}, clock.steady_now());
  cache.put("k", {"new", seconds{60}}, clock.steady_now());

  cache.drop("k", "old");
  CHECK(cache.find("k") == "new");
  cache.drop("k", "new");
  CHECK_FALSE(cache.find("k"));
}

TEST_CASE("the token cache is bounded, the least recently used go", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  cache.put("first", {"t", seconds{60}}, clock.steady_now());
  cache.put("second", {"t", seconds{60}}, clock.steady_now());
  for (std::size_t i = 2; i < kMaxCachedTokens; ++i) {
    cache.put(std::to_string(i), {"t", seconds{60}}, clock.steady_now());
  }
  CHECK(cache.find("first"));
  cache.put("one more", {"t", seconds{60}}, clock.steady_now());

  CHECK(cache.find("first"));
  CHECK_FALSE(cache.find("second"));
}

}  // namespace leangate::registry
