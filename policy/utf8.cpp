#include "policy/utf8.h"

#include <array>

namespace leangate::policy {
namespace {

constexpr CodePoint kBroken{0, 1, true};

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// How many bytes a sequence has, by its first one; 0 for a byte that can't begin one.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80U) {
    return 1;
  }
  if (lead >= 0xC2U && lead <= 0xDFU) {
    return 2;
  }
  if (lead >= 0xE0U && lead <= 0xEFU) {
    return 3;
  }
  return lead >= 0xF0U && lead <= 0xF4U ? 4 : 0;
}

}  // namespace

CodePoint front_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = sequence_length(lead);
  if (length == 0 || length > text.size()) {
    return kBroken;
  }
  if (length == 1) {
    return {lead, 1, false};
  }
  char32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) {
      return kBroken;
    }
    value = (value << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest.at(length) || surrogate || value > 0x10FFFF) {
    return kBroken;
  }
  return {value, length, false};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint next = front_code_point(text);
    if (next.broken) {
      return false;
    }
    text.remove_prefix(next.length);
  }
  return true;
}

}  // namespace leangate::policy
