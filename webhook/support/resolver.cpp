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

std::string_view zone_of(std::string_view host) {
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  const std::size_t last = host.rfind('.');
  const std::size_t before =
      last == std::string_view::npos || last == 0 ? last : host.rfind('.', last - 1);
  return before == std::string_view::npos || last == 0 ? host : host.substr(before + 1);
}

// Shared with the threads, so that one which hangs in a lookup may outlive the pool.
class ResolverPool::State : public std::enable_shared_from_this<ResolverPool::State> {
 public:
  State(const ResolverPoolOptions& options, Lookup lookup);

  void resolve(const NameQuery& query, Done done) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

 private:
  using SteadyClock = std::chrono::steady_clock;
  struct Job {
    std::vector<Done> waiters;
    Deadline deadline;   // the latest of the waiters'
    bool hangs = false;  // its lookup does, and no longer counts
  };
  struct Cached {
    Resolution resolution;
    SteadyClock::time_point expires;
  };
  struct Lane {
    std::size_t max_running = 0;
    std::size_t max_of_zone = 0;
    std::size_t max_queued_of_zone = 0;
    std::deque<std::string> queue;
    std::unordered_map<std::string, Job> jobs;                         // queued or running
    std::unordered_map<std::string, SteadyClock::time_point> running;  // since when; that count

    std::size_t running_of(std::string_view zone) const;
    bool is_full_for(const std::string& host, std::size_t max_queued) const;
  };
  struct Next {
    Lane* lane = nullptr;
    std::size_t place = 0;  // in its queue
  };

  Resolution enqueue(const NameQuery& query, Done& done) REQUIRES(mutex_);
  bool ensure_thread() REQUIRES(mutex_);
  void run() EXCLUDES(mutex_);
  Next find_next() REQUIRES(mutex_);
  void look_up(Next next) REQUIRES(mutex_);
  void wait_for_change() REQUIRES(mutex_);
  void set_hanging_aside() REQUIRES(mutex_);
  void remember(const std::string& host, const Resolution& resolution) REQUIRES(mutex_);

  const ResolverPoolOptions options_;
  const Lookup lookup_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::array<Lane, 3> lanes_ GUARDED_BY(mutex_);  // by NameStanding
  std::unordered_map<std::string, Cached> cache_ GUARDED_BY(mutex_);
  std::size_t threads_ GUARDED_BY(mutex_) = 0;
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  std::size_t hanging_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

ResolverPool::State::State(const ResolverPoolOptions& options, Lookup lookup)
    : options_{options}, lookup_{std::move(lookup)} {
  const auto lane = [&options](std::size_t threads) {
    return Lane{threads, std::max<std::size_t>(threads / 2, 1), options.max_queued / 4, {}, {}, {}};
  };
  // The operator's names have no limit but the pool's own.
  lanes_ = {Lane{options.threads, options.threads, options.max_queued, {}, {}, {}},
            lane(options.answered_threads),
            lane(options.unknown_threads)};
}

std::size_t ResolverPool::State::Lane::running_of(std::string_view zone) const {
  return static_cast<std::size_t>(
      std::count_if(running.begin(), running.end(), [zone](const auto& entry) {
        return zone_of(entry.first) == zone;
      }));
}

bool ResolverPool::State::Lane::is_full_for(const std::string& host, std::size_t max_queued) const {
  const std::string_view zone = zone_of(host);
  const auto of_zone = std::count_if(queue.begin(), queue.end(), [zone](const std::string& other) {
    return zone_of(other) == zone;
  });
  return queue.size() >= max_queued ||
         static_cast<std::size_t>(of_zone) >= std::max<std::size_t>(max_queued_of_zone, 1);
}

void ResolverPool::State::resolve(const NameQuery& query, Done done) {
  Resolution answer;
  {
    MutexLock lock{mutex_};
    const auto cached = cache_.find(query.host);
    if (cached != cache_.end() && cached->second.expires > SteadyClock::now()) {
      answer = cached->second.resolution;
    } else {
      answer = enqueue(query, done);
    }
  }
  if (done) {
    done(answer);
  }
}

// Takes `done` in, or says why not.
Resolution ResolverPool::State::enqueue(const NameQuery& query, Done& done) {
  Lane& lane = lanes_.at(static_cast<std::size_t>(query.standing));
  set_hanging_aside();
  if (const auto job = lane.jobs.find(query.host); job != lane.jobs.end()) {
    if (job->second.hangs) {
      return Resolution::failed("an earlier lookup of the name still hangs");
    }
    job->second.waiters.push_back(std::exchange(done, nullptr));
    job->second.deadline = std::max(job->second.deadline, query.deadline);
    return {};
  }
  if (stopping_ || lane.is_full_for(query.host, options_.max_queued) || !ensure_thread()) {
    return {{}, "too many names wait to be resolved", true};
  }
  Job& job = lane.jobs[query.host];
  job.waiters.push_back(std::exchange(done, nullptr));
  job.deadline = query.deadline;
  lane.queue.push_back(query.host);
  changed_.notify_one();
  return {};
}

// Threads are started as they are needed: most processes talk to a handful of hosts.
bool ResolverPool::State::ensure_thread() {
  std::size_t waiting = 0;
  for (const Lane& lane : lanes_) {
    waiting += lane.queue.size();
  }
  if (idle_ > waiting || threads_ >= options_.threads + hanging_) {
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

// The first name of the highest lane whose lane and zone have a thread to spare.
ResolverPool::State::Next ResolverPool::State::find_next() {
  for (Lane& lane : lanes_) {
    if (lane.queue.empty() || lane.running.size() >= lane.max_running) {
      continue;
    }
    for (std::size_t place = 0; place < lane.queue.size(); ++place) {
      if (lane.running_of(zone_of(lane.queue[place])) < lane.max_of_zone) {
        return {&lane, place};
      }
    }
  }
  return {};
}

void ResolverPool::State::run() {
  // Signals are the main thread's business.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_setname_np(pthread_self(), "resolver");
  MutexLock lock{mutex_};
  // Who took the place of a hanging thread goes when that one is back.
  while (!stopping_ && threads_ <= options_.threads + hanging_) {
    set_hanging_aside();
    if (const Next next = find_next(); next.lane != nullptr) {
      look_up(next);
    } else {
      wait_for_change();
    }
  }
  --threads_;
  changed_.notify_all();
}

// Wakes up by itself when a lookup that runs now would be seen to hang: names may wait for it.
void ResolverPool::State::wait_for_change() {
  ++idle_;
  changed_.wait_until(mutex_, SteadyClock::now() + options_.hangs_after);
  --idle_;
}

// Called with the mutex held, and without it during the lookup and the waiters' calls.
void ResolverPool::State::look_up(Next next) {
  Lane& lane = *next.lane;
  const auto place = lane.queue.begin() + static_cast<std::ptrdiff_t>(next.place);
  const std::string host = std::move(*place);
  lane.queue.erase(place);
  Job& job = lane.jobs.at(host);  // stays where it is while others come and go
  const bool too_late = job.deadline <= SteadyClock::now();
  lane.running.emplace(host, SteadyClock::now());
  mutex_.unlock();
  Resolution answer = Resolution::failed("nobody waits any more");
  if (!too_late) {
    answer = lookup_(host);
  }
  mutex_.lock();
  hanging_ -= job.hangs ? 1 : 0;
  lane.running.erase(host);
  remember(host, answer);
  const std::vector<Done> waiters = std::move(job.waiters);
  lane.jobs.erase(host);
  changed_.notify_one();  // the lane may have been full
  mutex_.unlock();
  for (const Done& done : waiters) {
    done(answer);
  }
  mutex_.lock();
}

void ResolverPool::State::set_hanging_aside() {
  const auto late = SteadyClock::now() - options_.hangs_after;
  for (Lane& lane : lanes_) {
    for (auto it = lane.running.begin(); it != lane.running.end();) {
      if (it->second > late || hanging_ >= options_.max_hanging) {
        ++it;
        continue;
      }
      const std::string host = it->first;
      it = lane.running.erase(it);
      lane.jobs.at(host).hangs = true;
      ++hanging_;
      ensure_thread();
      changed_.notify_all();
      if (options_.on_hanging && (hanging_ == 1 || hanging_ == options_.max_hanging)) {
        options_.on_hanging(host, hanging_);
      }
    }
  }
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
  for (Lane& lane : lanes_) {
    for (const std::string& host : lane.queue) {
      lane.jobs.erase(host);
    }
    lane.queue.clear();
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
