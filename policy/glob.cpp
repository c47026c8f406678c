#include "policy/glob.h"

#include <algorithm>
#include <bitset>
#include <optional>

#include <fmt/format.h>

namespace leangate::policy {

namespace {

// Where a pattern splits: ':' or '@' of its last component, npos in a pattern over repositories.
std::size_t version_position(std::string_view pattern) {
  const std::size_t slash = pattern.rfind('/');
  return pattern.find_first_of(":@", slash == std::string_view::npos ? 0 : slash);
}

// State i of the automaton: pattern[0, i) is matched. All reachable states advance together over
// the text, so that nothing is ever tried twice.
using States = std::bitset<Glob::kMaxLength + 1>;

std::size_t star_width(std::string_view pattern, std::size_t i) {
  return pattern.substr(i).starts_with("**") ? 2 : 1;
}

// A star may stand for nothing: who reached it has passed it.
void pass_stars(std::string_view pattern, States& states) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (states[i] && pattern[i] == '*') {
      states.set(i + star_width(pattern, i));
    }
  }
}

bool matches_whole(std::string_view pattern, std::string_view text) {
  States states;
  states.set(0);
  pass_stars(pattern, states);
  for (const char c : text) {
    States next;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!states[i]) {
        continue;
      }
      if (pattern[i] != '*') {
        next.set(i + 1, next[i + 1] || pattern[i] == c);
      } else if (c != '/' || star_width(pattern, i) == 2) {
        next.set(i);
      }
    }
    pass_stars(pattern, next);
    states = next;
    if (states.none()) {
      return false;
    }
  }
  return states[pattern.size()];
}

std::optional<std::string> find_mistake(std::string_view pattern) {
  if (pattern.empty()) {
    return "the pattern is empty";
  }
  if (pattern.size() > Glob::kMaxLength) {
    return fmt::format(
        "the pattern has {} characters, at most {} are allowed", pattern.size(), Glob::kMaxLength);
  }
  if (std::any_of(pattern.begin(), pattern.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return "the pattern holds a space, a control character or one that is not ASCII";
  }
  if (pattern.find("***") != std::string_view::npos) {
    return "\"***\" means nothing: `*` stays within a path component, `**` crosses components";
  }
  const std::size_t version = version_position(pattern);
  const std::string_view repository = pattern.substr(0, version);
  if (std::any_of(
          repository.begin(), repository.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return "upper case before the tag can never match: registries and names are lower case";
  }
  if (version != std::string_view::npos && pattern[version] == ':' &&
      pattern.find('@', version) != std::string_view::npos) {
    return "a tag together with a digest can never match: beside a digest the tag doesn't count";
  }
  return std::nullopt;
}

}  // namespace

Result<Glob, std::string> Glob::compile(std::string_view pattern) {
  if (auto mistake = find_mistake(pattern)) {
    return Failure{std::move(*mistake)};
  }
  return Glob{std::string{pattern}};
}

bool Glob::matches(const ImageReference& reference) const {
  const std::string_view pattern = pattern_;
  const std::size_t version = version_position(pattern);
  if (version == std::string_view::npos) {
    return matches_whole(pattern, reference.repository());
  }
  const auto& actual = pattern[version] == ':' ? reference.tag : reference.digest;
  return actual && matches_whole(pattern.substr(version + 1), *actual) &&
         matches_whole(pattern.substr(0, version), reference.repository());
}

}  // namespace leangate::policy
