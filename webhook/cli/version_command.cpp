#include <fmt/core.h>

#include "webhook/cli/commands.h"
#include "webhook/support/version.h"

namespace leangate::cli {

int show_version() {
  fmt::print("leangate {} (commit {})\nbuilt with {}\n", kVersion, kCommit, kLibraryVersions);
  return kExitOk;
}

}  // namespace leangate::cli
