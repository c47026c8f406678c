// Files that the user names, read whole and bounded.
#pragma once

#include <cstddef>
#include <string>

#include "policy/result.h"

namespace leangate::cli {

// "-" is standard input. The error is one sentence that names the file.
Result<std::string, std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace leangate::cli
