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

// The flags of check and inspect: plain-HTTP hosts and the docker config.
Result<settings::Settings, Mistakes> configure_lookups(const CommonOptions& common,
                                                       const LookupOptions& lookup);

// --platform; empty means this host's own.
Result<inspection::PlatformChoice, Mistakes> choose_platforms(const std::string& flag);

// What this binary runs on.
policy::Platform host_platform();

}  // namespace leangate::cli
