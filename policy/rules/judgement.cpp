#include "policy/rules/judgement.h"

namespace leangate::policy {

std::string join_some(const std::vector<std::string>& words) {
  constexpr std::size_t kShown = 6;
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < kShown; ++i) {
    text += (i == 0 ? "" : ", ") + words[i];
  }
  if (words.size() > kShown) {
    text += " and " + std::to_string(words.size() - kShown) + " more";
  }
  return text;
}

}  // namespace leangate::policy
