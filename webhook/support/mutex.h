// std::mutex with clang's thread-safety annotations: the build with clang proves that a member
// marked GUARDED_BY is only touched under its mutex.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define LEANGATE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define LEANGATE_THREAD_ANNOTATION(x)
#endif

#define GUARDED_BY(mutex) LEANGATE_THREAD_ANNOTATION(guarded_by(mutex))
#define REQUIRES(mutex) LEANGATE_THREAD_ANNOTATION(requires_capability(mutex))
#define EXCLUDES(mutex) LEANGATE_THREAD_ANNOTATION(locks_excluded(mutex))

namespace leangate {

class LEANGATE_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() LEANGATE_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() LEANGATE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class LEANGATE_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) LEANGATE_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_{mutex} {
    mutex_.lock();
  }
  ~MutexLock() LEANGATE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits on a Mutex that the caller holds: condition.wait(mutex), inside a MutexLock's scope.
using ConditionVariable = std::condition_variable_any;

}  // namespace leangate
