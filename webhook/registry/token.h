// The token server's side of the Bearer scheme (distribution docs, spec/auth/token.md and
// oauth.md): what it answers, and the tokens kept for next time.
#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/result.h"
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

// Tokens by everything that they depend on. Bounded, least recently used first out; safe from any
// thread.
class TokenCache {
 public:
  explicit TokenCache(const Clock& clock) : clock_{clock} {}

  // The token, unless it is about to expire.
  std::optional<std::string> find(const std::string& key) EXCLUDES(mutex_);
  // `asked_at`: when the request for it began.
  void put(const std::string& key,
           const Token& token,
           std::chrono::steady_clock::time_point asked_at) EXCLUDES(mutex_);
  // Forgets the token if it is still this one: a later one may have replaced it.
  void drop(const std::string& key, const std::string& value) EXCLUDES(mutex_);

 private:
  struct Entry {
    std::string key;
    std::string value;
    std::chrono::steady_clock::time_point expires;
  };

  const Clock& clock_;
  Mutex mutex_;
  std::list<Entry> entries_ GUARDED_BY(mutex_);  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_ GUARDED_BY(mutex_);
};

}  // namespace leangate::registry
