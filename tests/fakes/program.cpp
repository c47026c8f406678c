#include "tests/fakes/program.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace leangate::fakes {

std::string write_program(const TemporaryFolder& folder,
                          const std::string& name,
                          const std::string& script) {
  const std::string path =
      folder.write(name,
                   "#!/bin/sh\nfolder='" + folder.path().string() + "'\necho run >> \"$folder/" +
                       name + ".runs\"\n" + script + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

std::size_t count_runs(const TemporaryFolder& folder, const std::string& name) {
  std::ifstream runs{folder.path() / (name + ".runs")};
  std::size_t count = 0;
  for (std::string line; std::getline(runs, line);) {
    ++count;
  }
  return count;
}

bool wait_for_runs(const TemporaryFolder& folder, const std::string& name, std::size_t count) {
  for (int i = 0; i < 2000; ++i) {
    if (count_runs(folder, name) >= count) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

}  // namespace leangate::fakes
