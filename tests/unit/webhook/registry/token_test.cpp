#include "webhook/registry/token.h"

#include <atomic>
#include <future>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/support/catch.h"
#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

using std::chrono::seconds;

// Later than any test takes.
const Deadline kNoHurry = deadline_in(std::chrono::hours{1});

// What the cache gives when a request would bring `fresh`, for a minute; empty for an error.
std::string obtain(TokenCache& cache, const std::string& key, const std::string& fresh) {
  const auto token = cache.obtain(key, kNoHurry, [&] {
    return Result<Token, RegistryError>{Token{fresh, seconds{60}}};
  });
  return token ? token->value : std::string{};
}

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
  CHECK(obtain(cache, "k", "t") == "t");

  CHECK(obtain(cache, "k", "other") == "t");
  CHECK(obtain(cache, "other key", "other") == "other");
  clock.advance(seconds{49});
  CHECK(obtain(cache, "k", "other") == "t");
  clock.advance(seconds{1});
  CHECK(obtain(cache, "k", "other") == "other");
}

TEST_CASE("a token's lifetime begins when it is asked for", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  REQUIRE(cache.obtain("k", kNoHurry, [&]() -> Result<Token, RegistryError> {
    clock.advance(seconds{20});
    return Token{"t", seconds{60}};
  }));
  clock.advance(seconds{30});
  CHECK(obtain(cache, "k", "other") == "other");
}

TEST_CASE("a refused token is dropped, its successor isn't", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  obtain(cache, "k", "old");
  cache.drop("k", "old");
  CHECK(obtain(cache, "k", "new") == "new");

  cache.drop("k", "old");
  CHECK(obtain(cache, "k", "newer") == "new");
}

TEST_CASE("the token cache is bounded, the least recently used go", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  for (std::size_t i = 0; i < kMaxCachedTokens; ++i) {
    obtain(cache, std::to_string(i), "t");
  }
  CHECK(obtain(cache, "0", "u") == "t");
  obtain(cache, "one more", "t");

  CHECK(obtain(cache, "0", "u") == "t");
  CHECK(obtain(cache, "1", "u") == "u");
}

TEST_CASE("an error is for those who wait, the next one tries anew", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  const auto failed = cache.obtain("k", kNoHurry, []() -> Result<Token, RegistryError> {
    return Failure{RegistryError{policy::LookupFailureKind::NotFoundOrDenied, "no"}};
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().detail == "no");
  CHECK_THROWS(cache.obtain(
      "k", kNoHurry, []() -> Result<Token, RegistryError> { throw std::bad_alloc{}; }));
  CHECK(obtain(cache, "k", "t") == "t");
}

TEST_CASE("those who want the same token at one time make one request", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  constexpr int kCallers = 16;
  std::atomic<int> arrived{0};
  std::atomic<int> fetched{0};
  std::atomic<int> served{0};
  const bool works = GENERATE(true, false);
  std::vector<std::thread> threads;
  for (int i = 0; i < kCallers; ++i) {
    threads.emplace_back([&] {
      ++arrived;
      const auto token = cache.obtain("k", deadline_in(seconds{30}), [&] {
        // Whoever isn't here by now comes soon: he either waits or finds the token.
        while (arrived < kCallers) {
          std::this_thread::yield();
        }
        ++fetched;
        return works ? Result<Token, RegistryError>{Token{"t", seconds{60}}}
                     : Failure{RegistryError{policy::LookupFailureKind::Unreachable, "down"}};
      });
      served += token && token->value == "t" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(served == (works ? kCallers : 0));
  if (works) {
    CHECK(fetched == 1);
  }
}

TEST_CASE("whoever waits for another's token waits until his own deadline", "[registry]") {
  fakes::FakeClock clock;
  TokenCache cache{clock};
  std::promise<void> asked;
  std::promise<void> answer;
  const auto deadline = deadline_in(seconds{10});
  std::thread leader{[&] {
    const auto token = cache.obtain("k", deadline, [&]() -> Result<Token, RegistryError> {
      asked.set_value();
      answer.get_future().wait();
      return Failure{RegistryError{policy::LookupFailureKind::Timeout, "the leader's"}};
    });
    CHECK_FALSE(token);
  }};
  asked.get_future().wait();

  const auto impatient = cache.obtain(
      "k", deadline_in(seconds{0}), [] { return Result<Token, RegistryError>{Token{"t"}}; });
  REQUIRE_FALSE(impatient);
  CHECK(impatient.error().kind == policy::LookupFailureKind::Timeout);

  // Who has more time than the leader had goes on alone.
  std::string patient;
  std::thread follower{[&] { patient = obtain(cache, "k", "mine"); }};
  answer.set_value();
  follower.join();
  leader.join();
  CHECK(patient == "mine");
}

}  // namespace leangate::registry
