#include "webhook/cli/progress.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <fmt/core.h>

#include "policy/explain.h"

namespace leangate::cli {
namespace {

// Longer lines would wrap on a narrow terminal and could not be taken back.
constexpr std::size_t kMaxShown = 60;
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

Progress::Progress(std::size_t total) : total_{total}, visible_{isatty(STDERR_FILENO) == 1} {}

Progress::~Progress() {
  if (visible_) {
    fmt::print(stderr, "{}", kEraseLine);
  }
}

void Progress::begin(const std::string& what) {
  MutexLock lock{mutex_};
  show("fetching " + what);
}

void Progress::finish(const std::string& what) {
  MutexLock lock{mutex_};
  ++done_;
  show("judged " + what);
}

void Progress::show(const std::string& what) {
  if (visible_) {
    fmt::print(
        stderr, "{}[{}/{}] {}", kEraseLine, done_, total_, policy::one_line(what, kMaxShown));
    std::fflush(stderr);
  }
}

bool wants_colour(int descriptor) {
  // NO_COLOR counts when it is there and not empty (no-color.org). Read before any thread starts.
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
  return isatty(descriptor) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace leangate::cli
