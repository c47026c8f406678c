#include "webhook/cli/files.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include <fmt/format.h>

namespace leangate::cli {
namespace {

Result<std::string, std::string> read_stream(std::FILE* stream,
                                             const std::string& name,
                                             std::size_t max_bytes) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), stream);
    text.append(buffer.data(), got);
    if (text.size() > max_bytes) {
      return Failure{fmt::format("{} is larger than {} bytes", name, max_bytes)};
    }
    if (got < buffer.size()) {
      break;
    }
  }
  if (std::ferror(stream) != 0) {
    return Failure{
        fmt::format("{} can't be read: {}", name, std::generic_category().message(errno))};
  }
  return text;
}

}  // namespace

Result<std::string, std::string> read_file(const std::string& path, std::size_t max_bytes) {
  if (path == "-") {
    return read_stream(stdin, "standard input", max_bytes);
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"),
                                                             &std::fclose};
  if (file == nullptr) {
    return Failure{
        fmt::format("{} can't be opened: {}", path, std::generic_category().message(errno))};
  }
  return read_stream(file.get(), path, max_bytes);
}

}  // namespace leangate::cli
