// Mistakes as the user reads them, for tests that compare them word by word.
#pragma once

#include <string>
#include <vector>

#include "policy/document_tree.h"

namespace leangate {

inline std::vector<std::string> texts_of(const std::vector<policy::Mistake>& mistakes) {
  std::vector<std::string> texts;
  texts.reserve(mistakes.size());
  for (const policy::Mistake& mistake : mistakes) {
    texts.push_back(mistake.str());
  }
  return texts;
}

}  // namespace leangate
