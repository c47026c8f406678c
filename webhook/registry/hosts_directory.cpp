#include "webhook/registry/hosts_directory.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "policy/image_reference.h"
#include "webhook/registry/toml_tree.h"

namespace leangate::registry {
namespace {

using policy::Mistake;

namespace fs = std::filesystem;

constexpr const char* kFileName = "hosts.toml";
constexpr const char* kDefault = "_default";
// What a configuration may hold by the product's other limits, and more than anybody writes.
constexpr std::size_t kMaxFolders = 1'000;

bool is_readable_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), R_OK) == 0;
}

// "registry.example_5000_" -> "registry.example:5000": containerd's spelling for file systems
// without colons.
std::optional<std::string> with_port(const std::string& name) {
  const std::size_t end = name.size() - 1;
  const std::size_t begin = name.rfind('_', end - 1);
  if (name.size() < 4 || name[end] != '_' || begin == std::string::npos || begin == 0) {
    return std::nullopt;
  }
  return name.substr(0, begin) + ":" + name.substr(begin + 1, end - begin - 1);
}

// Docker keeps certificates so, and containerd falls back to them.
bool holds_certificates(const fs::path& folder) {
  const fs::directory_iterator entries{folder};
  return std::any_of(fs::begin(entries), fs::end(entries), [](const fs::directory_entry& entry) {
    const std::string end = entry.path().extension().string();
    return end == ".crt" || end == ".cert" || end == ".key";
  });
}

Result<std::string, std::string> read_text(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  std::string text;
  text.resize(kMaxTomlBytes + 1);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (!stream.is_open())) {
    return Failure{std::string{"can't be read"}};
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

class DirectoryReader {
 public:
  Result<HostsDirectory, std::vector<Mistake>> read(const std::string& path) {
    std::vector<fs::path> folders;
    for (const fs::directory_entry& entry : fs::directory_iterator{path}) {
      // A mounted ConfigMap keeps its versions in folders whose names begin with "..".
      if (entry.is_directory() && entry.path().filename().string().substr(0, 2) != "..") {
        folders.push_back(entry.path());
      }
    }
    if (folders.size() > kMaxFolders) {
      add(path, "holds more than " + std::to_string(kMaxFolders) + " folders");
      return Failure{std::move(mistakes_)};
    }
    // host_port_ comes after host:port, and wins.
    std::sort(folders.begin(), folders.end());
    for (const fs::path& folder : folders) {
      read_folder(folder);
    }
    if (!mistakes_.empty()) {
      return Failure{std::move(mistakes_)};
    }
    return std::move(result_);
  }

 private:
  void add(const std::string& file, std::string message) {
    mistakes_.push_back({file, {}, "", std::move(message)});
  }

  void read_folder(const fs::path& folder) {
    const std::string file = (folder / kFileName).string();
    if (!fs::exists(file)) {
      if (holds_certificates(folder)) {
        add(folder.string(),
            "holds certificates, but no hosts.toml; name them in ca and client of one");
      }
      return;
    }
    const std::string name = folder.filename().string();
    const Result<std::string, std::string> registry =
        policy::parse_registry_host(with_port(name).value_or(name));
    if (name != kDefault && !registry) {
      add(file, "is in a folder whose name is no registry's: " + registry.error());
      return;
    }
    const Result<std::string, std::string> text = read_text(file);
    if (!text) {
      add(file, text.error());
      return;
    }
    Result<HostsFile, std::vector<Mistake>> hosts = read_hosts_toml(*text, file, is_readable_file);
    if (!hosts) {
      mistakes_.insert(mistakes_.end(), hosts.error().begin(), hosts.error().end());
    } else if (name == kDefault) {
      result_.others = std::make_unique<HostsFile>(std::move(*hosts));
    } else {
      result_.registries.insert_or_assign(*registry, std::move(*hosts));
    }
  }

  HostsDirectory result_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

const HostsFile* HostsDirectory::find(const std::string& domain) const {
  const auto found = registries.find(domain);
  return found != registries.end() ? &found->second : others.get();
}

Result<HostsDirectory, std::vector<Mistake>> read_hosts_directory(const std::string& path) {
  try {
    return DirectoryReader{}.read(path);
  } catch (const std::exception& exception) {  // of the file system
    return Failure{
        std::vector<Mistake>{{path, {}, "", std::string{"can't be read: "} + exception.what()}}};
  }
}

}  // namespace leangate::registry
