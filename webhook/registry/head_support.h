// Which registries answer HEAD for a manifest as they should. Asking one that doesn't costs a
// request every time, so that it is asked by GET for a while.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "webhook/support/clock.h"
#include "webhook/support/mutex.h"

namespace leangate::registry {

// By origin. Bounded, an hour old at most; safe from any thread.
class HeadSupport {
 public:
  explicit HeadSupport(const Clock& clock) : clock_{clock} {}

  bool is_broken(const std::string& origin) EXCLUDES(mutex_);

  // HEAD was answered as it should be.
  void saw_it_work(const std::string& origin) EXCLUDES(mutex_);
  // HEAD failed where GET succeeded. Not believed of an origin that was seen to work: a tag that is
  // pushed between the two requests looks the same.
  void saw_it_fail(const std::string& origin) EXCLUDES(mutex_);

 private:
  struct Entry {
    bool works = false;
    std::chrono::steady_clock::time_point expires;
  };

  const Entry* find(const std::string& origin) REQUIRES(mutex_);
  void put(const std::string& origin, bool works) REQUIRES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  std::unordered_map<std::string, Entry> entries_ GUARDED_BY(mutex_);
};

}  // namespace leangate::registry
