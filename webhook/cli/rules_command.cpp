#include <algorithm>
#include <cstdio>
#include <string>

#include <fmt/core.h>

#include "policy/explain.h"
#include "policy/rule_catalogue.h"
#include "webhook/cli/commands.h"

namespace leangate::cli {
namespace {

void list_checks() {
  std::size_t name_width = 0;
  std::size_t field_width = 0;
  for (const policy::CheckDescription& check : policy::check_catalogue()) {
    name_width = std::max(name_width, check.name.size());
    field_width = std::max(field_width, check.field.size());
  }
  fmt::print("{:<{}}  {:<7} {:<{}}  {:<9} {}\n",
             "CHECK",
             name_width,
             "ID",
             "FIELD",
             field_width,
             "EVIDENCE",
             "WHAT IS CHECKED");
  for (const policy::CheckDescription& check : policy::check_catalogue()) {
    fmt::print("{:<{}}  {:<7} {:<{}}  {:<9} {}\n",
               check.name,
               name_width,
               check.id,
               check.field,
               field_width,
               policy::name_of(check.evidence),
               check.title);
  }
}

void explain_check(const policy::CheckDescription& check) {
  fmt::print("{} ({}): {}\n\n", check.name, check.id, check.title);
  fmt::print("Policy field: {}\n", check.field);
  fmt::print("Evidence:     {}\n\n", policy::name_of(check.evidence));
  fmt::print("Why: {}\n\n", check.rationale);
  fmt::print("How far to trust it: {}\n\n", check.precision);
  fmt::print("What to do: {}\n", check.remedy);
}

}  // namespace

int show_rules(const std::string& name) {
  if (name.empty()) {
    list_checks();
    return kExitOk;
  }
  const policy::CheckDescription* check = policy::find_check(name);
  if (check == nullptr) {
    fmt::print(
        stderr, "leangate: there is no check \"{}\"; `leangate rules` lists them all\n", name);
    return kExitUsage;
  }
  explain_check(*check);
  return kExitOk;
}

}  // namespace leangate::cli
