#include "policy/one_line.h"

#include <algorithm>
#include <array>

#include "policy/utf8.h"

namespace leangate::policy {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "...";

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
    const CodePoint next = front_code_point(text);
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
