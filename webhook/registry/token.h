// The token server's side of the Bearer scheme (distribution docs, spec/auth/token.md and
// oauth.md): what it answers, and the tokens kept for next time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/result.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/recent_map.h"
#include "webhook/registry/registry_error.h"
#include "webhook/support/clock.h"
#include "webhook/support/mutex.h"

namespace leangate::registry {

struct Token {
  std::string value;
  std::chrono::seconds lifetime{60};  // from the moment of the request
};

// Reads {token | access_token, expires_in, issued_at}. A lifetime is 60 s at least, a day at most,
// and 60 s where it makes no sense; an issued_at that makes no sense is left alone. A token that
// couldn't stand in a header is an error.
Result<Token, std::string> read_token_answer(std::string_view body, std::chrono::sys_seconds now);

// Tokens by everything that they depend on: registry, realm, service, scope and credential.
// Bounded, least recently used first out; safe from any thread.
class TokenCache {
 public:
  explicit TokenCache(const Clock& clock) : clock_{clock} {}

  struct Obtained {
    std::string value;
    bool is_new = false;  // asked for just now, by this caller or by one whom it waited for
  };
  using Fetch = std::function<Result<Token, RegistryError>()>;

  // The token that is known, unless it is about to expire; else the one that `fetch` brings. Of
  // those who want the same token at one time one fetches and the others wait, each until its own
  // deadline. They share its error, too, but the next one tries anew; and where the fetcher only
  // ran out of its own time, those who have more go on.
  Result<Obtained, RegistryError> obtain(const std::string& key,
                                         Deadline deadline,
                                         const Fetch& fetch) EXCLUDES(mutex_);
  // Forgets the token if it is still this one: a later one may have replaced it.
  void drop(const std::string& key, const std::string& value) EXCLUDES(mutex_);

 private:
  using Outcome = Result<Token, RegistryError>;
  struct Entry {
    std::string value;
    std::chrono::steady_clock::time_point expires;
  };
  struct Flight {
    Deadline deadline;  // of who fetches
    ConditionVariable landed;
    std::optional<Outcome> outcome;  // guarded by the cache's mutex; set once
  };
  using FlightPtr = std::shared_ptr<Flight>;

  std::optional<std::string> find(const std::string& key) REQUIRES(mutex_);
  // What is known, or what somebody else brings; nothing when the caller is to fetch, in `mine`.
  std::optional<Result<Obtained, RegistryError>> find_or_wait(const std::string& key,
                                                              Deadline deadline,
                                                              FlightPtr& mine) EXCLUDES(mutex_);
  void land(const std::string& key,
            Flight& flight,
            const Outcome& outcome,
            std::chrono::steady_clock::time_point asked_at) EXCLUDES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  RecentMap<Entry> entries_ GUARDED_BY(mutex_){kMaxCachedTokens};
  std::unordered_map<std::string, FlightPtr> flights_ GUARDED_BY(mutex_);  // one a caller at most
};

}  // namespace leangate::registry
