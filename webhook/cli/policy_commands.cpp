#include <cstdio>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "policy/policy_reader.h"
#include "webhook/cli/commands.h"
#include "webhook/cli/mistakes.h"
#include "webhook/policies/policy_store.h"

namespace leangate::cli {

int validate_policies(const std::vector<std::string>& paths) {
  const auto loaded = policies::load_policies(paths);
  if (!loaded) {
    print_mistakes(loaded.error());
    return kExitUsage;
  }
  fmt::print("policies: {}, exceptions: {}, no mistakes\n",
             (*loaded)->policies.size(),
             (*loaded)->exceptions.size());
  return kExitOk;
}

int show_policy(const std::string& source) {
  constexpr std::string_view kPrefix = "builtin:";
  std::string known;
  for (const policy::BuiltinPolicy& builtin : policy::builtin_policies()) {
    if (source == std::string{kPrefix}.append(builtin.name)) {
      fmt::print("{}", builtin.yaml);
      return kExitOk;
    }
    known += fmt::format("{}{}{}", known.empty() ? "" : ", ", kPrefix, builtin.name);
  }
  fmt::print(
      stderr, "leangate: there is no policy \"{}\"; the built-in ones are {}\n", source, known);
  return kExitUsage;
}

}  // namespace leangate::cli
