// Makes hostile text safe for one line of a terminal, a log or an admission message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leangate::policy {

// Control characters (C0, DEL, C1) become spaces; broken UTF-8 and the invisible characters that
// reorder or hide text (bidirectional controls, zero-width characters, line and paragraph
// separators, tags) become U+FFFD, so that the reader sees that something stood there. What is
// longer than `max_code_points` is cut with "..." in place of its end.
std::string one_line(std::string_view text, std::size_t max_code_points);

}  // namespace leangate::policy
