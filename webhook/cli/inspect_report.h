// What `leangate inspect` prints: the facts, without any judgement.
#pragma once

#include <string>

#include "policy/evaluate.h"
#include "policy/image_reference.h"
#include "policy/reference_data.h"

namespace leangate::cli {

struct InspectReport {
  policy::ImageReference reference;
  const policy::ImageEvidence& evidence;  // without a failure
  const policy::ReferenceData& bases;
};

std::string to_json(const InspectReport& report);
std::string to_table(const InspectReport& report);

}  // namespace leangate::cli
