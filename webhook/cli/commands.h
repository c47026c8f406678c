// One function a command; each returns the exit status and writes machine output to stdout, all
// else to stderr.
#pragma once

#include <string>
#include <vector>

#include "webhook/cli/options.h"

namespace leangate::cli {

// Serves until SIGTERM or SIGINT.
int serve(const ServeOptions& options);
int check(const CheckOptions& options);
int inspect(const InspectOptions& options);
// All checks as a table, or all that is known of one.
int show_rules(const std::string& name);
int validate_policies(const std::vector<std::string>& paths);
// `source` is "builtin:NAME".
int show_policy(const std::string& source);
int show_version();

}  // namespace leangate::cli
