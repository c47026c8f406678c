// What a registry wants a person to know: Warning headers (distribution-spec, "Warnings").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leangate::registry {

// The texts of `Warning: 299 - "text"`, each one line that is safe for terminals. Anything else,
// empty texts and repetitions are passed over, as is what goes beyond three texts or the 4096 bytes
// that the specification allows.
std::vector<std::string> read_warnings(const std::vector<std::string_view>& headers);

}  // namespace leangate::registry
