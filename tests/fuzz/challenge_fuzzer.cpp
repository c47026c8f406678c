// WWW-Authenticate headers of hostile registries: bounded, and none is chosen that can't be
// answered. A line break separates header lines.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "webhook/registry/challenge.h"
#include "webhook/registry/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leangate;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      break;
    }
    text.remove_prefix(end + 1);
  }
  const auto challenges = registry::parse_challenges(lines);
  const registry::Challenge* const chosen = registry::choose_challenge(challenges);
  const bool answerable = chosen == nullptr || chosen->scheme == "basic" ||
                          (chosen->scheme == "bearer" && !chosen->parameter("realm").empty());
  if (challenges.size() > registry::kMaxChallenges || !answerable) {
    __builtin_trap();
  }
  return 0;
}
