#include "webhook/registry/token.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "policy/duration.h"
#include "webhook/registry/json_tree.h"

namespace leangate::registry {
namespace {

using std::chrono::seconds;

constexpr seconds kShortestLifetime{60};  // token.md: servers must not go below
constexpr seconds kLongestLifetime{24 * 3600};
constexpr seconds kRenewEarly{10};  // a token must live through the request that carries it

bool fits_a_header(std::string_view token) {
  return token.size() <= kMaxTokenBytes &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

seconds read_lifetime(const JsonValue& answer, std::chrono::sys_seconds now) {
  Problem ignored;
  seconds lifetime = kShortestLifetime;
  const JsonValue* expires_in = find(answer, "expires_in", ignored);
  if (expires_in != nullptr && expires_in->kind == JsonValue::Kind::Integer) {
    const auto most = static_cast<std::uint64_t>(kLongestLifetime.count());
    lifetime = std::max(kShortestLifetime,
                        seconds{static_cast<seconds::rep>(std::min(expires_in->integer, most))});
  }
  const JsonValue* issued_at = find(answer, "issued_at", ignored);
  if (issued_at == nullptr || issued_at->kind != JsonValue::Kind::String) {
    return lifetime;
  }
  const auto issued = policy::parse_instant(issued_at->text);
  if (!issued || *issued > now || *issued + lifetime <= now) {
    return lifetime;  // zero, another clock's time, or long ago: the server means "from now"
  }
  return lifetime - (now - *issued);
}

}  // namespace

Result<Token, std::string> read_token_answer(std::string_view body, std::chrono::sys_seconds now) {
  const Result<JsonValue, std::string> answer = parse_json(body);
  if (!answer) {
    return Failure{"its answer is " + answer.error()};
  }
  Problem problem;
  Token token;
  token.value = find_text(*answer, "token", problem);
  if (token.value.empty()) {
    token.value = find_text(*answer, "access_token", problem);
  }
  if (problem) {
    return Failure{"in its answer " + problem.text()};
  }
  if (token.value.empty()) {
    return Failure{std::string{"its answer holds no token"}};
  }
  if (!fits_a_header(token.value)) {
    return Failure{
        std::string{"its token holds characters that no header may hold, or is too long"}};
  }
  token.lifetime = read_lifetime(*answer, now);
  return token;
}

Result<TokenCache::Obtained, RegistryError> TokenCache::obtain(const std::string& key,
                                                               Deadline deadline,
                                                               const Fetch& fetch) {
  FlightPtr mine;
  if (auto found = find_or_wait(key, deadline, mine)) {
    return *std::move(found);
  }
  const auto asked_at = clock_.steady_now();
  Outcome outcome = Failure{
      RegistryError{policy::LookupFailureKind::Unreachable, "the request for a token broke off"}};
  try {
    outcome = fetch();
  } catch (...) {
    land(key, *mine, outcome, asked_at);  // whoever waits must not wait for ever
    throw;
  }
  land(key, *mine, outcome, asked_at);
  if (!outcome) {
    return Failure{std::move(outcome).error()};
  }
  return Obtained{std::move(outcome->value), true};
}

std::optional<Result<TokenCache::Obtained, RegistryError>> TokenCache::find_or_wait(
    const std::string& key, Deadline deadline, FlightPtr& mine) {
  MutexLock lock{mutex_};
  while (true) {
    if (std::optional<std::string> known = find(key)) {
      return Obtained{*std::move(known), false};
    }
    FlightPtr& slot = flights_[key];
    if (slot == nullptr) {
      slot = std::make_shared<Flight>();
      slot->deadline = deadline;
      mine = slot;
      return std::nullopt;
    }
    const FlightPtr flight = slot;
    while (!flight->outcome) {
      if (flight->landed.wait_until(mutex_, deadline) == std::cv_status::timeout &&
          !flight->outcome) {
        return Failure{RegistryError{policy::LookupFailureKind::Timeout,
                                     "another lookup's request for the same token took too long"}};
      }
    }
    const Outcome& outcome = *flight->outcome;
    if (outcome) {
      return Obtained{outcome->value, true};
    }
    const bool ran_out_of_its_time = outcome.error().kind == policy::LookupFailureKind::Timeout;
    if (!ran_out_of_its_time || deadline <= flight->deadline) {
      return Failure{outcome.error()};
    }
  }
}

void TokenCache::land(const std::string& key,
                      Flight& flight,
                      const Outcome& outcome,
                      std::chrono::steady_clock::time_point asked_at) {
  MutexLock lock{mutex_};
  if (outcome) {
    entries_[key] = {outcome->value, asked_at + outcome->lifetime - kRenewEarly};
  }
  flight.outcome = outcome;
  flights_.erase(key);
  flight.landed.notify_all();
}

std::optional<std::string> TokenCache::find(const std::string& key) {
  const Entry* found = entries_.find(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (found->expires <= clock_.steady_now()) {
    entries_.erase(key);
    return std::nullopt;
  }
  return found->value;
}

void TokenCache::drop(const std::string& key, const std::string& value) {
  MutexLock lock{mutex_};
  const Entry* found = entries_.find(key);
  if (found != nullptr && found->value == value) {
    entries_.erase(key);
  }
}

}  // namespace leangate::registry
