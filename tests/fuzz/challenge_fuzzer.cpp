// WWW-Authenticate headers of hostile registries.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "webhook/registry/challenge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)leangate::registry::choose_challenge(leangate::registry::parse_challenges({text}));
  return 0;
}
