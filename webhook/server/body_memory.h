// The memory that all large bodies share.
#pragma once

#include <cstddef>

namespace leangate::server {

// For one thread.
class BodyMemory {
 public:
  explicit BodyMemory(std::size_t limit) : limit_{limit} {}

  // Grows what somebody holds from `held` to `wanted` bytes; false, and nothing changed, where the
  // limit is in the way.
  bool grow(std::size_t held, std::size_t wanted) {
    if (wanted - held > limit_ - used_) {
      return false;
    }
    used_ += wanted - held;
    return true;
  }
  void release(std::size_t held) { used_ -= held; }

 private:
  std::size_t limit_;
  std::size_t used_ = 0;
};

}  // namespace leangate::server
