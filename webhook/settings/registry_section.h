// The `registries` section of the configuration.
#pragma once

#include "webhook/settings/section_reader.h"
#include "webhook/settings/settings.h"

namespace leangate::settings {

void read_registries(SectionReader& section, Settings& settings);

}  // namespace leangate::settings
