#include "webhook/registry/authorizer.h"

#include <utility>
#include <vector>

#include "webhook/registry/credentials.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using policy::LookupFailureKind;
using transport::encode_query;
using transport::HttpRequest;

// Enough for: no token, an expired one, a scope that was too small.
constexpr int kMaxAnswers = 3;
constexpr std::chrono::hours kChallengeLifetime{1};

Question question_to(const Target& target, HttpRequest::Method method, Deadline deadline) {
  Question question;
  question.request.method = method;
  question.request.url = target.url;
  question.request.access = target.access;
  question.request.deadline = deadline;
  question.limit = kMaxTokenAnswerBytes;
  question.registry = host_of(target.url);
  return question;
}

bool falls_back_to_get(int status) {
  // Artifactory 401, ACR 400, GCR 404, and 405 as the specification has it.
  return status == 400 || status == 401 || status == 404 || status == 405;
}

}  // namespace

std::optional<Challenge> ChallengeCache::find(const std::string& origin) {
  MutexLock lock{mutex_};
  const auto found = entries_.find(origin);
  if (found == entries_.end() || found->second.expires <= clock_.steady_now()) {
    return std::nullopt;
  }
  return found->second.challenge;
}

void ChallengeCache::put(const std::string& origin, const Challenge& challenge) {
  MutexLock lock{mutex_};
  if (entries_.size() >= kMaxCachedChallenges && entries_.count(origin) == 0) {
    entries_.clear();  // only requests are lost, and only when somebody makes up hosts
  }
  entries_[origin] = {challenge, clock_.steady_now() + kChallengeLifetime};
}

Authorizer::Authorizer(AuthorizationServices services, Access access)
    : services_{services},
      access_{std::move(access)},
      fingerprint_{fingerprint_of(access_.credential)},
      scope_{"repository:" + access_.repository + ":pull"} {}

Result<std::string, RegistryError> Authorizer::header() {
  if (header_.empty() && !tried_known_challenge_) {
    tried_known_challenge_ = true;
    const std::optional<Challenge> known =
        services_.challenges.find(access_.endpoint->base.origin());
    if (known && known->scheme == "basic") {
      header_ = basic_header();
    } else if (known) {
      if (Result<void, RegistryError> used = use_token(*known, true); !used) {
        return Failure{used.error()};
      }
    }
  }
  return header_;
}

std::string Authorizer::basic_header() const {
  const inspection::Credential& credential = access_.credential;
  if (credential.username.empty()) {
    return {};
  }
  return "Basic " + encode_base64(credential.username + ":" + credential.password);
}

Result<bool, RegistryError> Authorizer::answer(const Answer& refusal, const transport::Url& asked) {
  if (++answers_ > kMaxAnswers) {
    return false;
  }
  const std::vector<Challenge> challenges =
      parse_challenges(refusal.head.all_headers("www-authenticate"));
  const Challenge* chosen = choose_challenge(challenges);
  std::optional<Challenge> found;
  if (chosen != nullptr) {
    found = *chosen;
  } else if (!token_.empty()) {
    found = services_.challenges.find(access_.endpoint->base.origin());
  } else if (refusal.status() == 401 && !asked_for_challenge_) {
    Result<std::optional<Challenge>, RegistryError> asked_for = ask_for_challenge();
    if (!asked_for) {
      return Failure{asked_for.error()};
    }
    found = std::move(*asked_for);
  }
  if (!found) {
    return false;
  }
  if (found->scheme == "basic") {
    return answer_basic(*found);
  }
  for (auto& [name, value] : found->parameters) {
    // Resolved now, because the cache doesn't know what was asked.
    if (name == "realm") {
      if (const auto url = transport::resolve_url(asked, value)) {
        value = url->str();
      }
    }
  }
  return answer_bearer(*found);
}

Result<bool, RegistryError> Authorizer::answer_basic(const Challenge& challenge) {
  const std::string wanted = basic_header();
  if (wanted.empty() || wanted == header_) {
    return false;
  }
  services_.challenges.put(access_.endpoint->base.origin(), challenge);
  header_ = wanted;
  token_.clear();
  return true;
}

Result<bool, RegistryError> Authorizer::answer_bearer(const Challenge& challenge) {
  const bool may_be_cached = token_.empty();
  if (!may_be_cached) {
    const std::string_view wanted = challenge.parameter("scope");
    const std::string mine = "repository:" + access_.repository + ":";
    const bool larger_scope = challenge.parameter("error") == "insufficient_scope" &&
                              !took_servers_scope_ && wanted.substr(0, mine.size()) == mine &&
                              wanted.find(' ') == std::string_view::npos && wanted != scope_;
    if (larger_scope) {
      took_servers_scope_ = true;
      scope_ = wanted;
    } else if (token_is_new_) {
      return false;
    }
    services_.tokens.drop(token_key_, token_);
  }
  services_.challenges.put(access_.endpoint->base.origin(), challenge);
  if (Result<void, RegistryError> used = use_token(challenge, may_be_cached); !used) {
    return Failure{used.error()};
  }
  return true;
}

// Registries that answer 401 without saying what they want say it at the base of the API
// (distribution-spec, "Determining Support").
Result<std::optional<Challenge>, RegistryError> Authorizer::ask_for_challenge() {
  asked_for_challenge_ = true;
  Target target{access_.endpoint->base, access_.endpoint->access, true};
  target.url.target += "/";
  Question question = question_to(target, HttpRequest::Method::Get, access_.deadline);
  question.registry = access_.endpoint->domain;
  const Result<Answer, RegistryError> answer = services_.exchanger.ask(question);
  if (!answer) {
    return Failure{answer.error()};
  }
  const std::vector<Challenge> challenges =
      parse_challenges(answer->head.all_headers("www-authenticate"));
  const Challenge* chosen = choose_challenge(challenges);
  return chosen != nullptr ? std::optional{*chosen} : std::nullopt;
}

Result<void, RegistryError> Authorizer::use_token(const Challenge& challenge, bool may_be_cached) {
  const Endpoint& endpoint = *access_.endpoint;
  Result<Target, RegistryError> realm =
      services_.hosts.realm_of(endpoint, endpoint.base, challenge.parameter("realm"));
  if (!realm) {
    return Failure{realm.error()};
  }
  if (!is_anonymous() && !realm->may_take_credentials) {
    const std::string host = host_of(realm->url);
    return Failure{
        RegistryError{LookupFailureKind::Refused,
                      "registry " + endpoint.domain + " wants its credentials sent to " + host +
                          ", which isn't known to belong to it; if it does, add tokenRealms: [" +
                          host + "] to the entry of " + endpoint.domain + " in registries.hosts"}};
  }
  const std::string origin = endpoint.base.origin();
  std::string key;
  for (const std::string_view part : {std::string_view{origin},
                                      challenge.parameter("realm"),
                                      challenge.parameter("service"),
                                      std::string_view{scope_},
                                      std::string_view{fingerprint_}}) {
    key += std::to_string(part.size()) + ":" + std::string{part};
  }
  Result<TokenCache::Obtained, RegistryError> token =
      services_.tokens.obtain(key, access_.deadline, [&] { return exchange(*realm, challenge); });
  if (!token) {
    return Failure{token.error()};
  }
  // After one that was refused, whatever comes next is the last.
  token_is_new_ = token->is_new || !may_be_cached;
  header_ = "Bearer " + token->value;
  token_ = std::move(token->value);
  token_key_ = std::move(key);
  return {};
}

Result<Token, RegistryError> Authorizer::exchange(const Target& realm, const Challenge& challenge) {
  const std::string service{challenge.parameter("service")};
  const inspection::Credential& credential = access_.credential;
  const bool posts = !credential.identity_token.empty();
  Result<Answer, RegistryError> answer =
      posts ? post_token(realm, service) : get_token(realm, service);
  if (posts && answer && falls_back_to_get(answer->status()) && !credential.username.empty()) {
    answer = get_token(realm, service);
  }
  if (!answer) {
    return Failure{answer.error()};
  }
  const std::string who =
      "the token server " + host_of(realm.url) + " of registry " + access_.endpoint->domain;
  const int status = answer->status();
  if (status != 200) {
    const bool denied = status == 400 || status == 401 || status == 403 || status == 404;
    const LookupFailureKind kind = denied          ? LookupFailureKind::NotFoundOrDenied
                                   : status == 429 ? LookupFailureKind::RateLimited
                                                   : LookupFailureKind::Unreachable;
    RegistryError error{kind, who + " answered " + std::to_string(status)};
    error.retry_after = holds_for(*answer);
    if (denied) {
      error.detail += ": it refuses a token for " + access_.repository + "; check the credentials";
    }
    return Failure{std::move(error)};
  }
  Result<Token, std::string> token = read_token_answer(answer->body, services_.clock.utc_now());
  if (!token) {
    return Failure{RegistryError{LookupFailureKind::Unreadable, who + ": " + token.error()}};
  }
  return std::move(*token);
}

// distribution docs, spec/auth/token.md. A redirect isn't followed: it would take the credentials
// elsewhere.
Result<Answer, RegistryError> Authorizer::get_token(const Target& realm,
                                                    const std::string& service) {
  Question question = question_to(realm, HttpRequest::Method::Get, access_.deadline);
  std::string& target = question.request.url.target;
  target += target.find('?') == std::string::npos ? '?' : '&';
  if (!service.empty()) {
    target += "service=" + encode_query(service) + "&";
  }
  target += "scope=" + encode_query(scope_);
  question.credential = fingerprint_;
  if (std::string basic = basic_header(); !basic.empty()) {
    question.request.headers.push_back({"Authorization", std::move(basic)});
  }
  return services_.exchanger.ask(question);
}

// distribution docs, spec/auth/oauth.md
Result<Answer, RegistryError> Authorizer::post_token(const Target& realm,
                                                     const std::string& service) {
  Question question = question_to(realm, HttpRequest::Method::Post, access_.deadline);
  question.credential = fingerprint_;
  question.request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  question.request.body =
      "grant_type=refresh_token&client_id=leangate&service=" + encode_query(service) +
      "&scope=" + encode_query(scope_) +
      "&refresh_token=" + encode_query(access_.credential.identity_token);
  return services_.exchanger.ask(question);
}

}  // namespace leangate::registry
