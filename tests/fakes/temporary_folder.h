// A folder that lives as long as the object.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace leangate::fakes {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file in it, and returns its path.
  std::string write(const std::string& name, std::string_view content) const;
  // What a file in it holds; empty when there is none.
  std::string read(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace leangate::fakes
