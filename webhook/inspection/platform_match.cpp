#include "webhook/inspection/platform_match.h"

#include <optional>
#include <set>

#include "webhook/registry/platform.h"

namespace leangate::inspection {
namespace {

void choose_for(const policy::Platform& node,
                const std::vector<policy::Platform>& offered,
                std::set<std::size_t>& chosen) {
  std::vector<std::size_t> best;
  std::optional<int> best_rank;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const std::optional<int> rank = registry::platform_rank(node, offered[i]);
    if (!rank || (best_rank && *rank > *best_rank)) {
      continue;
    }
    if (!best_rank || *rank < *best_rank) {
      best_rank = rank;
      best = {i};
    } else if (node.os == "windows") {
      best.push_back(i);
    }
  }
  chosen.insert(best.begin(), best.end());
}

}  // namespace

std::vector<std::size_t> chosen_platforms(const PlatformChoice& choice,
                                          const std::vector<policy::Platform>& offered) {
  std::set<std::size_t> chosen;
  if (choice.all) {
    for (std::size_t i = 0; i < offered.size(); ++i) {
      chosen.insert(i);
    }
  }
  for (const policy::Platform& platform : choice.platforms) {
    choose_for(registry::normalised(platform), offered, chosen);
  }
  return {chosen.begin(), chosen.end()};
}

}  // namespace leangate::inspection
