// Quantities, durations, instants and platforms: what is accepted is written and read back as the
// same value.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/duration.h"
#include "policy/image_facts.h"
#include "policy/quantity.h"

namespace {

using namespace leangate::policy;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto bytes = parse_quantity(text)) {
    const auto again = parse_quantity(format_quantity(*bytes));
    require(again && *again == *bytes);
    require(!describe_bytes(*bytes).empty());
  }
  if (const auto duration = parse_duration(text)) {
    const auto again = parse_duration(format_duration(*duration));
    require(again && *again == *duration);
  }
  if (const auto instant = parse_instant(text)) {
    const auto again = parse_instant(format_instant(*instant));
    require(again && *again == *instant);
  }
  if (const auto platform = parse_platform(text)) {
    const auto again = parse_platform(platform->str());
    require(again && *again == *platform);
  }
  return 0;
}
