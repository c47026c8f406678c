// UTF-8 as RFC 3629 has it: for those who must tell text from bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace leangate::policy {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 1;  // bytes to step over
  bool broken = false;     // no code point begins here: `length` is 1, `value` nothing
};

// The code point at the front of a text, which must not be empty. Overlong forms, surrogates,
// values above U+10FFFF and cut sequences are broken (RFC 3629, section 3).
CodePoint front_code_point(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace leangate::policy
