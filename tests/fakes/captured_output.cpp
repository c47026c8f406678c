#include "tests/fakes/captured_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

namespace leangate::fakes {
namespace {

int redirect(int descriptor, const std::string& file) {
  const int saved = dup(descriptor);
  const int opened = open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  dup2(opened, descriptor);
  close(opened);
  return saved;
}

void restore(int descriptor, int& saved) {
  if (saved >= 0) {
    dup2(saved, descriptor);
    close(saved);
    saved = -1;
  }
}

std::string read_all(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace

CapturedOutput::CapturedOutput() {
  std::fflush(nullptr);
  saved_output_ = redirect(STDOUT_FILENO, (folder_.path() / "out").string());
  saved_error_ = redirect(STDERR_FILENO, (folder_.path() / "err").string());
}

CapturedOutput::~CapturedOutput() {
  stop();
}

void CapturedOutput::stop() {
  std::fflush(nullptr);
  restore(STDOUT_FILENO, saved_output_);
  restore(STDERR_FILENO, saved_error_);
}

std::string CapturedOutput::standard_output() const {
  return read_all(folder_.path() / "out");
}
std::string CapturedOutput::standard_error() const {
  return read_all(folder_.path() / "err");
}

}  // namespace leangate::fakes
