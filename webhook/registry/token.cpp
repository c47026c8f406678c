#include "webhook/registry/token.h"

#include <algorithm>

#include "policy/duration.h"
#include "webhook/registry/json_tree.h"
#include "webhook/registry/limits.h"

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

std::optional<std::string> TokenCache::find(const std::string& key) {
  MutexLock lock{mutex_};
  const auto found = index_.find(key);
  if (found == index_.end()) {
    return std::nullopt;
  }
  if (found->second->expires <= clock_.steady_now()) {
    entries_.erase(found->second);
    index_.erase(found);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->value;
}

void TokenCache::put(const std::string& key,
                     const Token& token,
                     std::chrono::steady_clock::time_point asked_at) {
  MutexLock lock{mutex_};
  if (const auto found = index_.find(key); found != index_.end()) {
    entries_.erase(found->second);
    index_.erase(found);
  }
  entries_.push_front({key, token.value, asked_at + token.lifetime - kRenewEarly});
  index_.emplace(key, entries_.begin());
  if (entries_.size() > kMaxCachedTokens) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

void TokenCache::drop(const std::string& key, const std::string& value) {
  MutexLock lock{mutex_};
  const auto found = index_.find(key);
  if (found != index_.end() && found->second->value == value) {
    entries_.erase(found->second);
    index_.erase(found);
  }
}

}  // namespace leangate::registry
