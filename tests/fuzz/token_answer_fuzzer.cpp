// Answers of hostile token servers: a token that is taken can stand in a header, for a while.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "webhook/registry/limits.h"
#include "webhook/registry/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leangate;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  // 2026-11-23T00:00:00Z: the times in the corpus are before and after it.
  const auto token =
      registry::read_token_answer(text, std::chrono::sys_seconds{std::chrono::seconds{1795392000}});
  if (!token) {
    return 0;
  }
  const bool fits = !token->value.empty() && token->value.size() <= registry::kMaxTokenBytes &&
                    std::all_of(token->value.begin(), token->value.end(), [](char c) {
                      return c > ' ' && c < '\x7f';
                    });
  if (!fits || token->lifetime <= std::chrono::seconds{0} ||
      token->lifetime > std::chrono::hours{24}) {
    __builtin_trap();
  }
  return 0;
}
