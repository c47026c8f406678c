// A clock that stands still until a test turns it.
#pragma once

#include <atomic>
#include <chrono>

#include "webhook/support/clock.h"

namespace leangate::fakes {

class FakeClock final : public Clock {
 public:
  void advance(std::chrono::milliseconds span) { passed_ms_ += span.count(); }

  std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::time_point{} + std::chrono::hours{1} + passed();
  }
  std::chrono::sys_seconds utc_now() const override {
    using namespace std::chrono;
    return sys_days{year{2026} / 11 / 23} + floor<seconds>(passed());
  }

 private:
  std::chrono::milliseconds passed() const { return std::chrono::milliseconds{passed_ms_.load()}; }

  std::atomic<std::chrono::milliseconds::rep> passed_ms_{0};
};

}  // namespace leangate::fakes
