// The headers in which hostile registries say when they want to be asked again.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "webhook/registry/retry_after.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  // 1994-11-06T08:49:00Z
  const std::chrono::sys_seconds now{std::chrono::seconds{784111740}};
  const auto span = leangate::registry::parse_retry_after(text, now);
  if (span && (*span < std::chrono::seconds{0} || *span > std::chrono::hours{24})) {
    std::abort();
  }
  (void)leangate::registry::parse_rate_remaining(text);
  return 0;
}
