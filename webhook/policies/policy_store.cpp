#include "webhook/policies/policy_store.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "policy/policy_reader.h"

namespace leangate::policies {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuiltin = "builtin:";
// A policy of 32 rules with all their globs stays under 200 KiB.
constexpr std::size_t kMaxFileBytes = 4u << 20;
constexpr std::size_t kMaxFiles = 1000;

// What one source said. The name is how its mistakes are reported.
struct Reading {
  std::vector<std::pair<std::string, policy::PolicySet>> files;
  std::vector<policy::Mistake> mistakes;

  void add_text(const std::string& name, std::string_view text) {
    policy::PolicyReading reading = policy::read_policies(text, name);
    files.emplace_back(name, std::move(reading.policies));
    std::move(reading.mistakes.begin(), reading.mistakes.end(), std::back_inserter(mistakes));
  }
  void add_mistake(const std::string& name, std::string message) {
    mistakes.push_back({name, {}, "", std::move(message)});
  }
};

void read_builtin(const std::string& source, Reading& reading) {
  const std::string_view name = std::string_view{source}.substr(kBuiltin.size());
  std::string known;
  for (const policy::BuiltinPolicy& builtin : policy::builtin_policies()) {
    if (builtin.name == name) {
      reading.add_text(source, builtin.yaml);
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string{builtin.name};
  }
  reading.add_mistake(source, "no such built-in policy, there are " + known);
}

void read_file(const fs::path& path, Reading& reading) {
  std::ifstream file{path, std::ios::binary};
  std::string text(kMaxFileBytes + 1, '\0');
  if (!file.is_open()) {
    reading.add_mistake(path.string(), "can't be opened");
    return;
  }
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) {
    reading.add_mistake(path.string(), "can't be read");
  } else if (text.size() > kMaxFileBytes) {
    reading.add_mistake(path.string(), fmt::format("is larger than {} bytes", kMaxFileBytes));
  } else {
    reading.add_text(path.string(), text);
  }
}

bool is_policy_file(const fs::path& path) {
  const std::string extension = path.extension().string();
  return path.filename().string().front() != '.' &&
         (extension == ".yaml" || extension == ".yml" || extension == ".json");
}

// A ConfigMap is mounted as links to files in "..data", itself a link: links are followed, and
// names that begin with a dot are not read twice.
void read_directory(const fs::path& directory, Reading& reading) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry{directory, error}, end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;  // a broken link is told when it is opened
    if (is_policy_file(entry->path()) && !fs::is_directory(entry->path(), ignored)) {
      paths.push_back(entry->path());
    }
  }
  if (error) {
    reading.add_mistake(directory.string(), "can't be listed: " + error.message());
  } else if (paths.empty()) {
    reading.add_mistake(directory.string(), "holds no *.yaml, *.yml or *.json");
  } else if (paths.size() > kMaxFiles) {
    reading.add_mistake(directory.string(), fmt::format("holds more than {} files", kMaxFiles));
  } else {
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
      read_file(path, reading);
    }
  }
}

void read_source(const std::string& source, Reading& reading) {
  if (std::string_view{source}.starts_with(kBuiltin)) {
    read_builtin(source, reading);
    return;
  }
  std::error_code error;
  const fs::file_status status = fs::status(source, error);
  if (!fs::exists(status)) {
    reading.add_mistake(source,
                        status.type() == fs::file_type::not_found
                            ? "no such file or directory"
                            : "can't be reached: " + error.message());
  } else if (fs::is_directory(status)) {
    read_directory(source, reading);
  } else {
    read_file(source, reading);
  }
}

policy::PolicySet take_all(Reading& reading) {
  policy::PolicySet all;
  for (auto& [name, set] : reading.files) {
    std::move(set.policies.begin(), set.policies.end(), std::back_inserter(all.policies));
    std::move(set.exceptions.begin(), set.exceptions.end(), std::back_inserter(all.exceptions));
  }
  return all;
}

}  // namespace

Result<Snapshot, std::vector<policy::Mistake>> load_policies(
    const std::vector<std::string>& sources) {
  Reading reading;
  for (const std::string& source : sources) {
    read_source(source, reading);
  }
  if (sources.empty()) {
    read_builtin("builtin:baseline", reading);
  }
  std::vector<policy::Mistake> conflicts = policy::find_conflicts(reading.files);
  std::move(conflicts.begin(), conflicts.end(), std::back_inserter(reading.mistakes));
  if (!reading.mistakes.empty()) {
    return Failure{std::move(reading.mistakes)};
  }
  return Snapshot{std::make_shared<const policy::PolicySet>(take_all(reading))};
}

Snapshot PolicyStore::snapshot() const {
  const MutexLock lock{mutex_};
  return snapshot_;
}

void PolicyStore::replace(Snapshot snapshot) {
  // The old set, maybe the last reference to it, is destroyed after the lock is released.
  const MutexLock lock{mutex_};
  snapshot_.swap(snapshot);
}

}  // namespace leangate::policies
