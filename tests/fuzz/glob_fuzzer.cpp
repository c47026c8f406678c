// The first line is a pattern, the second a reference. Matching agrees with a plain recursive
// matcher wherever that one is affordable.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "policy/glob.h"

namespace {

using leangate::policy::Glob;
using leangate::policy::ImageReference;
using leangate::policy::parse_image_reference;

// Longer inputs could keep the exponential matcher busy for ever.
constexpr std::size_t kMaxRecursive = 24;

bool matches_plainly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() != '*') {
    return !text.empty() && text.front() == pattern.front() &&
           matches_plainly(pattern.substr(1), text.substr(1));
  }
  const bool crosses = pattern.starts_with("**");
  if (matches_plainly(pattern.substr(crosses ? 2 : 1), text)) {
    return true;
  }
  return !text.empty() && (crosses || text.front() != '/') &&
         matches_plainly(pattern, text.substr(1));
}

void check(const Glob& glob, const ImageReference& reference) {
  const bool matched = glob.matches(reference);
  const std::string& pattern = glob.pattern();
  const bool is_about_repositories =
      pattern.find_first_of(":@", pattern.rfind('/') + 1) == std::string::npos;
  const std::string text = is_about_repositories ? reference.repository() : reference.str();
  if (glob.is_literal() && matched != (pattern == text)) {
    std::abort();
  }
  if (is_about_repositories && pattern.size() <= kMaxRecursive && text.size() <= kMaxRecursive &&
      matched != matches_plainly(pattern, text)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::size_t newline = input.find('\n');
  const auto glob = Glob::compile(input.substr(0, newline));
  if (!glob || newline == std::string_view::npos) {
    return 0;
  }
  if (const auto reference = parse_image_reference(input.substr(newline + 1))) {
    check(*glob, *reference);
  }
  return 0;
}
