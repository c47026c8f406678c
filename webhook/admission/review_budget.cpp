#include <algorithm>

#include "policy/duration.h"
#include "webhook/admission/reviewer.h"

namespace leangate::admission {

std::chrono::milliseconds review_budget(std::string_view timeout,
                                        std::chrono::milliseconds own_limit) {
  constexpr std::chrono::milliseconds kMargin{500};
  const auto allowed = policy::parse_duration(timeout);
  if (!allowed || allowed->count() == 0) {
    return own_limit;
  }
  return std::min(own_limit, *allowed - std::min(kMargin, *allowed / 2));
}

}  // namespace leangate::admission
