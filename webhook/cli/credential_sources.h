// The operator's credentials, wired from the settings: docker config, credential helpers,
// credential providers.
#pragma once

#include <memory>

#include "policy/result.h"
#include "webhook/cli/configuration.h"
#include "webhook/registry/credential_source.h"
#include "webhook/settings/settings.h"

namespace leangate::cli {

// Reads the files that the settings name, and looks whether the providers' programs are there.
Result<std::shared_ptr<registry::CredentialSource>, Mistakes> open_credentials(
    const settings::CredentialSettings& settings);

}  // namespace leangate::cli
