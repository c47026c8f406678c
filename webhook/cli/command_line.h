// argv -> command -> exit status.
#pragma once

namespace leangate::cli {

// Exit statuses as the README documents them: 0, 1 (reached --fail-on), 2 (wrong usage or
// configuration), 3 (something could not be judged). Never throws.
int run_command_line(int argc, char** argv);

}  // namespace leangate::cli
