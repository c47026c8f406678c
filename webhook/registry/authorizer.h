// How one credential, or none, gets access to one repository: what the registry asks for, and the
// token or password that answers it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

#include "policy/result.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/registry/challenge.h"
#include "webhook/registry/exchange.h"
#include "webhook/registry/host_table.h"
#include "webhook/registry/token.h"
#include "webhook/support/mutex.h"

namespace leangate::registry {

// The last challenge of each origin: asking for a token first saves the refused request. Bounded,
// an hour old at most; safe from any thread.
class ChallengeCache {
 public:
  explicit ChallengeCache(const Clock& clock) : clock_{clock} {}

  std::optional<Challenge> find(const std::string& origin) EXCLUDES(mutex_);
  void put(const std::string& origin, const Challenge& challenge) EXCLUDES(mutex_);

 private:
  struct Entry {
    Challenge challenge;
    std::chrono::steady_clock::time_point expires;
  };

  const Clock& clock_;
  Mutex mutex_;
  std::unordered_map<std::string, Entry> entries_ GUARDED_BY(mutex_);
};

// What all lookups share.
struct AuthorizationServices {
  const HostTable& hosts;
  Exchanger& exchanger;
  TokenCache& tokens;
  ChallengeCache& challenges;
  const Clock& clock;
};

// Whom to authorise for what. Copied; the endpoint must outlive the authorizer.
struct Access {
  const Endpoint* endpoint = nullptr;
  std::string repository;             // "library/python"
  inspection::Credential credential;  // all empty: anonymous
  Deadline deadline;
};

// Used by one thread. Its answers are for the endpoint's origin only.
class Authorizer {
 public:
  Authorizer(AuthorizationServices services, Access access);

  // The value of the Authorization header for the next request, empty for none. Fetches a token
  // when the origin is known to want one.
  Result<std::string, RegistryError> header();

  // Takes in a 401, or the 400 that some registries answer to a token they no longer like: true
  // when the next header() is worth another try, false when this credential has no access.
  Result<bool, RegistryError> answer(const Answer& refusal, const transport::Url& asked);

  bool is_anonymous() const { return fingerprint_.empty(); }
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  Result<bool, RegistryError> answer_basic(const Challenge& challenge);
  Result<bool, RegistryError> answer_bearer(const Challenge& challenge);
  Result<std::optional<Challenge>, RegistryError> ask_for_challenge();
  Result<void, RegistryError> use_token(const Challenge& challenge, bool may_be_cached);
  Result<Token, RegistryError> exchange(const Target& realm, const Challenge& challenge);
  Result<Answer, RegistryError> get_token(const Target& realm, const std::string& service);
  Result<Answer, RegistryError> post_token(const Target& realm, const std::string& service);
  std::string basic_header() const;

  AuthorizationServices services_;
  Access access_;
  std::string fingerprint_;
  std::string scope_;
  std::string header_;
  std::string token_key_;      // of the token in header_
  std::string token_;          // empty when header_ holds none
  bool token_is_new_ = false;  // a refusal is the server's last word
  bool tried_known_challenge_ = false;
  bool asked_for_challenge_ = false;
  bool took_servers_scope_ = false;
  int answers_ = 0;
};

}  // namespace leangate::registry
