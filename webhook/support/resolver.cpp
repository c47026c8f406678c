#include "webhook/support/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "webhook/support/mutex.h"

namespace leangate {
namespace {

// Long enough for the burst of requests of one lookup, short enough to follow a failover.
constexpr std::chrono::seconds kCacheTime{30};
constexpr std::size_t kMaxCached = 1024;
// A name with more addresses than these gains nothing by them.
constexpr std::size_t kMaxAddresses = 16;
// How long the end waits for threads that aren't stuck.
constexpr std::chrono::milliseconds kGrace{200};

Resolution system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return Resolution::failed(gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, &freeaddrinfo};
  Resolution result;
  for (const addrinfo* it = found; it != nullptr && result.addresses.size() < kMaxAddresses;
       it = it->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(
            it->ai_addr, it->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) ==
        0) {
      result.addresses.emplace_back(text.data());
    }
  }
  return result.has_addresses() ? result : Resolution::failed("the name has no address");
}

}  // namespace

// Shared with the threads, so that one which hangs in a lookup may outlive the pool.
class ResolverPool::State : public std::enable_shared_from_this<ResolverPool::State> {
 public:
  State(const ResolverPoolOptions& options, Lookup lookup)
      : options_{options}, lookup_{std::move(lookup)} {}

  void resolve(const NameQuery& query, Done done) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

 private:
  using SteadyClock = std::chrono::steady_clock;
  struct Job {
    std::vector<Done> waiters;
    Deadline deadline;  // the latest of the waiters'
  };
  struct Cached {
    Resolution resolution;
    SteadyClock::time_point expires;
  };
  // Names wait in two lanes, so that strangers' names never stand before trusted ones.
  struct Lane {
    std::deque<std::string> queue;
    std::unordered_map<std::string, Job> jobs;  // queued or running
    std::size_t running = 0;
  };

  bool enqueue(const NameQuery& query, Done& done) REQUIRES(mutex_);
  bool ensure_thread() REQUIRES(mutex_);
  void run() EXCLUDES(mutex_);
  Lane* next_lane() REQUIRES(mutex_);
  void look_up_next(Lane& lane) REQUIRES(mutex_);
  void remember(const std::string& host, const Resolution& resolution) REQUIRES(mutex_);

  const ResolverPoolOptions options_;
  const Lookup lookup_;
  Mutex mutex_;
  ConditionVariable changed_;
  Lane trusted_ GUARDED_BY(mutex_);
  Lane others_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Cached> cache_ GUARDED_BY(mutex_);
  std::size_t threads_ GUARDED_BY(mutex_) = 0;
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

void ResolverPool::State::resolve(const NameQuery& query, Done done) {
  Resolution answer{{}, "too many names wait to be resolved", true};
  {
    MutexLock lock{mutex_};
    const auto cached = cache_.find(query.host);
    if (cached != cache_.end() && cached->second.expires > SteadyClock::now()) {
      answer = cached->second.resolution;
    } else if (enqueue(query, done)) {
      return;
    }
  }
  done(answer);
}

// False when there is no room: `done` is still the caller's to call.
bool ResolverPool::State::enqueue(const NameQuery& query, Done& done) {
  Lane& lane = query.trusted ? trusted_ : others_;
  if (const auto job = lane.jobs.find(query.host); job != lane.jobs.end()) {
    job->second.waiters.push_back(std::move(done));
    job->second.deadline = std::max(job->second.deadline, query.deadline);
    return true;
  }
  if (stopping_ || lane.queue.size() >= options_.max_queued || !ensure_thread()) {
    return false;
  }
  Job& job = lane.jobs[query.host];
  job.waiters.push_back(std::move(done));
  job.deadline = query.deadline;
  lane.queue.push_back(query.host);
  changed_.notify_one();
  return true;
}

// Threads are started as they are needed: most processes talk to a handful of hosts.
bool ResolverPool::State::ensure_thread() {
  const std::size_t waiting = trusted_.queue.size() + others_.queue.size();
  if (idle_ > waiting || threads_ >= options_.threads) {
    return true;
  }
  try {
    std::thread{[self = shared_from_this()] { self->run(); }}.detach();
    ++threads_;
  } catch (const std::system_error&) {
    return threads_ > 0;
  }
  return true;
}

ResolverPool::State::Lane* ResolverPool::State::next_lane() {
  if (!trusted_.queue.empty()) {
    return &trusted_;
  }
  if (!others_.queue.empty() && others_.running < options_.untrusted_threads) {
    return &others_;
  }
  return nullptr;
}

void ResolverPool::State::run() {
  // Signals are the main thread's business.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_setname_np(pthread_self(), "resolver");
  MutexLock lock{mutex_};
  while (!stopping_) {
    if (Lane* lane = next_lane()) {
      look_up_next(*lane);
    } else {
      ++idle_;
      changed_.wait(mutex_);
      --idle_;
    }
  }
  --threads_;
  changed_.notify_all();
}

// Called with the mutex held, and without it during the lookup and the waiters' calls.
void ResolverPool::State::look_up_next(Lane& lane) {
  const std::string host = std::move(lane.queue.front());
  lane.queue.pop_front();
  const bool too_late = lane.jobs.at(host).deadline <= SteadyClock::now();
  ++lane.running;
  mutex_.unlock();
  Resolution answer = Resolution::failed("nobody waits any more");
  if (!too_late) {
    answer = lookup_(host);
  }
  mutex_.lock();
  --lane.running;
  remember(host, answer);
  const std::vector<Done> waiters = std::move(lane.jobs.at(host).waiters);
  lane.jobs.erase(host);
  changed_.notify_one();  // the lane may have been full
  mutex_.unlock();
  for (const Done& done : waiters) {
    done(answer);
  }
  mutex_.lock();
}

void ResolverPool::State::remember(const std::string& host, const Resolution& resolution) {
  if (!resolution.has_addresses()) {
    return;
  }
  const auto now = SteadyClock::now();
  if (cache_.size() >= kMaxCached) {
    std::erase_if(cache_, [now](const auto& entry) { return entry.second.expires <= now; });
  }
  if (cache_.size() >= kMaxCached) {
    cache_.erase(cache_.begin());
  }
  cache_.insert_or_assign(host, Cached{resolution, now + kCacheTime});
}

void ResolverPool::State::stop() {
  MutexLock lock{mutex_};
  stopping_ = true;
  for (Lane* lane : {&trusted_, &others_}) {
    for (const std::string& host : lane->queue) {
      lane->jobs.erase(host);
    }
    lane->queue.clear();
  }
  changed_.notify_all();
  // Threads that aren't stuck go before the pool does, as its users expect of an end.
  const auto give_up = SteadyClock::now() + kGrace;
  while (threads_ > 0 && changed_.wait_until(mutex_, give_up) != std::cv_status::timeout) {
  }
}

ResolverPool::ResolverPool(const ResolverPoolOptions& options)
    : ResolverPool{options, &system_lookup} {}

ResolverPool::ResolverPool(const ResolverPoolOptions& options, Lookup lookup)
    : state_{std::make_shared<State>(options, std::move(lookup))} {}

ResolverPool::~ResolverPool() {
  state_->stop();
}

void ResolverPool::resolve(const NameQuery& query, Done done) {
  state_->resolve(query, std::move(done));
}

}  // namespace leangate
