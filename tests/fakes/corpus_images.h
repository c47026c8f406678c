// Images as they are found in the wild: the configs of the corpus of real images, each with the
// manifest that it might have.
#pragma once

#include <string>
#include <vector>

#include "policy/evaluate.h"

namespace leangate::fakes {

struct CorpusImage {
  std::string name;  // of the file
  policy::ImageEvidence evidence;
};

// One image of one platform for each config of the corpus that can be read, sorted by name; layer
// digests and sizes are made up, one layer for each diff_id. Empty where the corpus is absent: it
// is at $LEANGATE_CORPUS, or beside the source tree.
std::vector<CorpusImage> corpus_images();

}  // namespace leangate::fakes
