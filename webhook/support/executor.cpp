#include "webhook/support/executor.h"

#include <pthread.h>

#include <utility>

namespace leangate {

Executor::Executor(const std::string& name, std::size_t threads, std::size_t max_queued)
    : max_queued_{max_queued} {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back(
        [this, thread_name = name + "-" + std::to_string(i)] { run(thread_name); });
  }
}

Executor::~Executor() {
  stop();
}

bool Executor::submit(std::function<void()> task) {
  {
    MutexLock lock{mutex_};
    if (stopping_ || queue_.size() >= max_queued_) {
      return false;
    }
    queue_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void Executor::stop() {
  {
    MutexLock lock{mutex_};
    stopping_ = true;
    queue_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

void Executor::run(const std::string& thread_name) {
  pthread_setname_np(pthread_self(), thread_name.substr(0, 15).c_str());
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock{mutex_};
      while (queue_.empty() && !stopping_) {
        changed_.wait(mutex_);
      }
      if (stopping_) {
        return;
      }
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace leangate
