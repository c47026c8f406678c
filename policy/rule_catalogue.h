// The one table of checks: what is checked, on which evidence, why, how far to trust it, the
// remedy.
#pragma once

#include <span>
#include <string_view>

#include "policy/verdict.h"

namespace leangate::policy {

struct CheckDescription {
  std::string_view name;  // "TotalCompressedSize": stable, policy input and report output
  std::string_view id;  // "SZ-001": short and never reused; the letters name the group, SZ for size
  std::string_view rule_kind;  // "size"
  std::string_view field;      // "size.maxCompressed"
  Evidence evidence;
  std::string_view title;
  std::string_view rationale;
  std::string_view precision;  // caveats
  std::string_view remedy;
};

std::span<const CheckDescription> check_catalogue();

// nullptr for a name that isn't in the catalogue.
const CheckDescription* find_check(std::string_view name);

}  // namespace leangate::policy
