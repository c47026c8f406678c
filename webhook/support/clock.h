// Time as the rest of the code sees it: deadlines on the steady clock, dates on the system clock.
#pragma once

#include <chrono>

namespace leangate {

// An instant on the steady clock after which nobody waits any more.
using Deadline = std::chrono::steady_clock::time_point;

inline Deadline deadline_in(std::chrono::steady_clock::duration span) {
  return std::chrono::steady_clock::now() + span;
}

// What is left until the deadline; never negative.
inline std::chrono::milliseconds time_left(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return left.count() > 0 ? left : std::chrono::milliseconds{0};
}

// The clock of whatever ages (cache entries, tokens, exemptions), so that tests can turn it.
// Implementations are safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::steady_clock::time_point steady_now() const = 0;
  virtual std::chrono::sys_seconds utc_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::now();
  }
  std::chrono::sys_seconds utc_now() const override {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
};

}  // namespace leangate
