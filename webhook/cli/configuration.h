// Configuration file and flags -> the settings of one run.
#pragma once

#include <vector>

#include "policy/document_tree.h"
#include "policy/result.h"
#include "webhook/cli/options.h"
#include "webhook/settings/settings.h"

namespace leangate::cli {

using Mistakes = std::vector<policy::Mistake>;

// The file, or the defaults where none is named. Logging has been started afterwards, so that
// whatever runs later can be heard.
Result<settings::Settings, Mistakes> load_settings(const CommonOptions& options);

// The flags of serve win over the file. Refuses what serve can't run with.
Result<settings::Settings, Mistakes> configure_serve(const ServeOptions& options);

// What check and inspect need: the file, with plain-HTTP hosts and docker config of the flags, and
// --platform (empty means this host's own).
struct LookupSettings {
  settings::Settings settings;
  inspection::PlatformChoice platforms;
};
Result<LookupSettings, Mistakes> configure_lookups(const CommonOptions& common,
                                                   const LookupOptions& lookup);

// What this binary runs on.
policy::Platform host_platform();

}  // namespace leangate::cli
