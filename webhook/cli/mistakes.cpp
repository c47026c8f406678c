#include "webhook/cli/mistakes.h"

#include <cstdio>

#include <fmt/core.h>

namespace leangate::cli {

void print_mistakes(const std::vector<policy::Mistake>& mistakes) {
  for (const policy::Mistake& mistake : mistakes) {
    fmt::print(stderr, "{}\n", mistake.str());
  }
}

}  // namespace leangate::cli
