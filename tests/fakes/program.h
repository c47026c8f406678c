// Shell scripts as programs, for what runs programs.
#pragma once

#include <cstddef>
#include <string>

#include "tests/fakes/temporary_folder.h"

namespace leangate::fakes {

// Writes an executable script, which appends a line to NAME.runs each time it is run and has its
// folder in $folder. Returns its path.
std::string write_program(const TemporaryFolder& folder,
                          const std::string& name,
                          const std::string& script);

// How often it was run.
std::size_t count_runs(const TemporaryFolder& folder, const std::string& name);

// Waits until it was run so often; false when that takes more than 20 s.
bool wait_for_runs(const TemporaryFolder& folder, const std::string& name, std::size_t count);

}  // namespace leangate::fakes
