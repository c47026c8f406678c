// What is wrong in files that the user wrote, on stderr: one line each.
#pragma once

#include <vector>

#include "policy/document_tree.h"

namespace leangate::cli {

void print_mistakes(const std::vector<policy::Mistake>& mistakes);

}  // namespace leangate::cli
