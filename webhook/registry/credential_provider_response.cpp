#include "webhook/registry/credential_provider_response.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "webhook/registry/json_tree.h"
#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

using inspection::Credential;
using std::chrono::milliseconds;

// Credentials are trusted for a year at most: longer ones mean "for ever", and overflow.
constexpr double kMaxMilliseconds = 365.0 * 24 * 3600 * 1000;
constexpr std::size_t kMaxDurationLength = 64;

struct Unit {
  std::string_view name;
  double milliseconds;
};

// The longer name first where one begins another.
constexpr Unit kUnits[] = {
    {"ns", 1e-6},
    {"us", 1e-3},
    {"\xC2\xB5s", 1e-3},  // U+00B5, the micro sign, and
    {"\xCE\xBCs", 1e-3},  // U+03BC, the Greek letter: Go takes both
    {"ms", 1},
    {"s", 1e3},
    {"m", 60e3},
    {"h", 3600e3},
};

// Takes digits, a point and digits off the text; there must be one digit.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  double weight = 0;  // of the next digit behind the point
  bool has_digit = false;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '.' && weight == 0) {
      weight = 0.1;
    } else if (c >= '0' && c <= '9') {
      has_digit = true;
      value = weight == 0 ? value * 10 + (c - '0') : value + weight * (c - '0');
      weight /= 10;
    } else {
      break;
    }
    text.remove_prefix(1);
  }
  return has_digit ? std::optional{value} : std::nullopt;
}

std::optional<double> take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (text.substr(0, unit.name.size()) == unit.name) {
      text.remove_prefix(unit.name.size());
      return unit.milliseconds;
    }
  }
  return std::nullopt;
}

// A duration as Go prints and reads it. Unlike the configuration's it may be finer than a
// millisecond, as what is left of a token's life is ("5h59m59.871523s"), and negative: no time.
std::optional<milliseconds> read_go_duration(std::string_view text) {
  if (text.size() > kMaxDurationLength) {
    return std::nullopt;
  }
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) {
    text.remove_prefix(1);
  }
  if (text == "0") {
    return milliseconds{0};
  }
  double total = 0;
  do {
    const auto number = take_number(text);
    const auto unit = number ? take_unit(text) : std::nullopt;
    if (!unit) {
      return std::nullopt;
    }
    total += *number * *unit;
  } while (!text.empty());
  if (negative) {
    return milliseconds{0};
  }
  return milliseconds{static_cast<milliseconds::rep>(std::min(total, kMaxMilliseconds))};
}

std::optional<ProviderResponse::CacheKey> read_cache_key(const std::string& text) {
  using CacheKey = ProviderResponse::CacheKey;
  if (text == "Image") {
    return CacheKey::Image;
  }
  if (text == "Registry") {
    return CacheKey::Registry;
  }
  return text == "Global" ? std::optional{CacheKey::Global} : std::nullopt;
}

void read_cache(const JsonValue& root, ProviderResponse& response, Problem& problem) {
  const auto cache_key = read_cache_key(find_text(root, "cacheKeyType", problem));
  if (!cache_key) {
    problem.add("the cacheKeyType is none of Image, Registry, Global");
    return;
  }
  response.cache_key = *cache_key;
  if (find(root, "cacheDuration", problem) != nullptr) {
    response.cache_duration = read_go_duration(find_text(root, "cacheDuration", problem));
    if (!response.cache_duration) {
      problem.add("the cacheDuration is no duration");
    }
  }
}

void read_auth(const JsonValue& root, ProviderResponse& response, Problem& problem) {
  const JsonValue* auth = find_kind(root, "auth", JsonValue::Kind::Object, problem);
  if (auth == nullptr) {
    return;  // it has none for this image, and says how long that holds
  }
  if (auth->members.size() > kMaxProviderCredentials) {
    problem.add("there are more than " + std::to_string(kMaxProviderCredentials) + " credentials");
    return;
  }
  for (const JsonValue::Member& entry : auth->members) {
    if (!entry.value.is_object()) {
      problem.add("an entry of auth is no object");
      return;
    }
    Credential credential;
    credential.key = entry.key;
    credential.username = find_text(entry.value, "username", problem);
    credential.password = find_text(entry.value, "password", problem);
    response.credentials.push_back(std::move(credential));
  }
}

}  // namespace

std::string provider_request(const std::string& api_version,
                             const policy::ImageReference& reference) {
  const nlohmann::ordered_json request{{"apiVersion", api_version},
                                       {"kind", "CredentialProviderRequest"},
                                       {"image", reference.domain + "/" + reference.path}};
  return request.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<ProviderResponse, std::string> read_provider_response(std::string_view json,
                                                             const std::string& api_version) {
  const Result<JsonValue, std::string> root = parse_json(json);
  if (!root) {
    return Failure{"its answer is " + root.error()};
  }
  if (!root->is_object()) {
    return Failure{std::string{"its answer is no JSON object"}};
  }
  Problem problem;
  if (find_text(*root, "apiVersion", problem) != api_version) {
    problem.add("the apiVersion isn't " + api_version);
  }
  if (find_text(*root, "kind", problem) != "CredentialProviderResponse") {
    problem.add("the kind isn't CredentialProviderResponse");
  }
  ProviderResponse response;
  read_cache(*root, response, problem);
  read_auth(*root, response, problem);
  if (problem) {
    return Failure{"its answer can't be used: " + problem.text()};
  }
  return response;
}

}  // namespace leangate::registry
