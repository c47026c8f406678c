// Answers of hostile token servers.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "webhook/registry/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)leangate::registry::read_token_answer(text, {});
  return 0;
}
