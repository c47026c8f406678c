// What a rule sees and what it answers. A rule is a plain function over these; policy, actions,
// exemptions and failed lookups are evaluate's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base_image.h"
#include "policy/build_history.h"
#include "policy/image_facts.h"
#include "policy/policy_document.h"
#include "policy/verdict.h"

namespace leangate::policy {

// One platform image with what was made out of its facts, once for all rules.
struct PlatformImage {
  const ImageFacts& facts;
  BuildHistory history;
  BaseImage base;
};

// A finding without the policy around it. Texts may hold what hostile images say; evaluate makes
// them safe.
struct Observation {
  std::string_view check;  // a name of the catalogue
  Evidence evidence = Evidence::Manifest;
  Certainty certainty = Certainty::Proven;
  std::string observed;
  std::string allowed;
  std::optional<CulpritLayer> layer;
  std::string message;
  std::string remedy;
};

// The evidence that a check needs isn't there.
struct MissingEvidence {
  UnknownEvidence counts_as = UnknownEvidence::Skip;  // as the rule says
  Observation as_finding;                             // what it is under Fail; `message` is the why
};

struct Judgement {
  std::vector<Observation> findings;
  std::vector<MissingEvidence> missing;
};

// "a, b, c and 4 more": lists of patterns and names in messages stay readable.
std::string join_some(const std::vector<std::string>& words);

}  // namespace leangate::policy
