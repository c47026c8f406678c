// One line on stderr that says how far the work is; silent where nobody watches a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "webhook/support/mutex.h"

namespace leangate::cli {

// Safe from any thread.
class Progress {
 public:
  explicit Progress(std::size_t total);
  // Takes the line away.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begin(const std::string& what) EXCLUDES(mutex_);
  void finish(const std::string& what) EXCLUDES(mutex_);

 private:
  void show(const std::string& what) REQUIRES(mutex_);

  const std::size_t total_;
  const bool visible_;
  Mutex mutex_;
  std::size_t done_ GUARDED_BY(mutex_) = 0;
};

// Whether colours may be used on that descriptor: a terminal, and NO_COLOR isn't set.
bool wants_colour(int descriptor);

}  // namespace leangate::cli
