// The WWW-Authenticate header (RFC 9110 11.6.1): what a registry wants before it answers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leangate::registry {

struct Challenge {
  std::string scheme;                                           // lower case: "bearer", "basic"
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case

  // The parameter's value, empty when it is absent.
  std::string_view parameter(std::string_view name) const;
};

// All challenges of all header lines, in their order. A challenge that makes no sense is left out
// together with the rest of its line; at most kMaxChallengeBytes and kMaxChallenges are read.
std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& lines);

// The one to answer: Bearer before Basic, nothing else. nullptr when there is none; a Bearer
// challenge without a realm is none.
const Challenge* choose_challenge(const std::vector<Challenge>& challenges);

}  // namespace leangate::registry
