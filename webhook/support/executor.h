// A bounded pool of threads for work that may block, such as registry lookups.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "webhook/support/clock.h"
#include "webhook/support/mutex.h"

namespace leangate {

// All methods are safe from any thread. Tasks must not wait for other tasks of the same executor.
class Executor {
 public:
  // Threads are named `name`-N as the kernel shows them (15 characters).
  Executor(const std::string& name, std::size_t threads, std::size_t max_queued);
  // Stops as stop() does, with no grace.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Queues the task; false, and nothing queued, when the queue is full or the executor stops.
  [[nodiscard]] bool submit(std::function<void()> task) EXCLUDES(mutex_);

  // Takes no more tasks, drops the queued ones and waits for the running ones. Idempotent.
  void stop() EXCLUDES(mutex_);

 private:
  void run(const std::string& thread_name) EXCLUDES(mutex_);

  const std::size_t max_queued_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::function<void()>> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // constant after construction, joined by stop()
};

}  // namespace leangate
