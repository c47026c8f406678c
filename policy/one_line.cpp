#include "policy/one_line.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace leangate::policy {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "...";

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 1;  // bytes to step over
  bool broken = false;
};

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

// Decodes the code point at the front of a text that isn't empty. Overlong forms, surrogates and
// values above U+10FFFF are broken (RFC 3629 section 3).
CodePoint decode(std::string_view text) {
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

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

// Characters that change how their neighbours are shown without being seen themselves: Unicode's
// Cf, Zl and Zp as far as they can mislead.
bool is_deceptive(char32_t c) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  static constexpr std::array<Range, 11> kRanges{{{0xAD, 0xAD},
                                                  {0x61C, 0x61C},
                                                  {0x180E, 0x180E},
                                                  {0x200B, 0x200F},
                                                  {0x2028, 0x202E},
                                                  {0x2060, 0x206F},
                                                  {0xFE00, 0xFE0F},
                                                  {0xFEFF, 0xFEFF},
                                                  {0xFFF9, 0xFFFB},
                                                  {0xE0000, 0xE007F},
                                                  {0xE0100, 0xE01EF}}};
  return std::any_of(kRanges.begin(), kRanges.end(), [c](const Range& range) {
    return c >= range.first && c <= range.last;
  });
}

}  // namespace

std::string one_line(std::string_view text, std::size_t max_code_points) {
  std::string line;
  std::size_t count = 0;
  std::size_t cut_at = 0;  // where the text ends if it has to make room for the ellipsis
  while (!text.empty()) {
    if (count + kEllipsis.size() == max_code_points) {
      cut_at = line.size();
    }
    if (count == max_code_points) {
      line.resize(cut_at);
      return max_code_points >= kEllipsis.size() ? line.append(kEllipsis) : line;
    }
    const CodePoint next = decode(text);
    if (next.broken || is_deceptive(next.value)) {
      line += kReplacement;
    } else if (is_control(next.value)) {
      line += ' ';
    } else {
      line += text.substr(0, next.length);
    }
    text.remove_prefix(next.length);
    ++count;
  }
  return line;
}

}  // namespace leangate::policy
