#include "webhook/server/connection_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace leangate::server {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kWakeup = 1;
constexpr std::uint64_t kFirstConnection = 2;
// How many clients are let in before others have their turn.
constexpr int kAcceptsATurn = 64;
// Out of descriptors: accepting again at once would only spin.
constexpr auto kAcceptPause = 100ms;
// The gauges of connections are no finer than this.
constexpr auto kPublishEvery = 100ms;
// Of the connection age, so that clients don't all come back at once.
constexpr double kJitter = 0.1;

bool watch(const Socket& epoll, int fd, std::uint64_t id, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  return epoll_ctl(epoll.fd(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

ConnectionLoop::ConnectionLoop(Socket listener, const ServerOptions& options, Parts parts)
    : options_{options},
      parts_{parts},
      listener_{std::move(listener)},
      memory_{options.body_memory},
      next_id_{kFirstConnection},
      jitter_{std::random_device{}()},
      workers_{"review", options.threads, options.max_connections} {}

bool ConnectionLoop::start() {
  epoll_ = Socket{epoll_create1(EPOLL_CLOEXEC)};
  wakeup_ = Socket{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!epoll_ || !wakeup_ || !watch(epoll_, listener_.fd(), kListener, EPOLLIN) ||
      !watch(epoll_, wakeup_.fd(), kWakeup, EPOLLIN)) {
    return false;
  }
  thread_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), "tls-loop");
    run();
  }};
  return true;
}

void ConnectionLoop::stop() {
  stopping_ = true;
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  workers_.stop();
}

void ConnectionLoop::wake() const {
  const std::uint64_t one = 1;
  // Can't fail but by overflow, and then the loop has been woken anyway.
  [[maybe_unused]] const ssize_t written = write(wakeup_.fd(), &one, sizeof one);
}

void ConnectionLoop::run() {
  std::array<epoll_event, 256> events{};
  while (!stopping_ || !connections_.empty()) {
    const int count = epoll_wait(epoll_.fd(),
                                 events.data(),
                                 static_cast<int>(events.size()),
                                 wait_time(std::chrono::steady_clock::now()));
    for (int i = 0; i < count; ++i) {
      handle_event(events.at(static_cast<std::size_t>(i)).data.u64);
    }
    const Instant now = std::chrono::steady_clock::now();
    for (const Id id : std::exchange(ready_, {})) {
      drive(id, now);
    }
    take_finished(now);
    expire(now);
    feed_the_hungry(now);
    if (stopping_) {
      listener_.close();
      close_quiet_ones();
    }
    publish(now);
  }
}

void ConnectionLoop::handle_event(Id id) {
  const Instant now = std::chrono::steady_clock::now();
  if (id == kListener) {
    accept_clients(now);
  } else if (id == kWakeup) {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t got = read(wakeup_.fd(), &times, sizeof times);
  } else {
    drive(id, now);
  }
}

void ConnectionLoop::accept_clients(Instant now) {
  for (int i = 0; i < kAcceptsATurn && listener_; ++i) {
    Socket socket{accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (socket) {
      adopt(std::move(socket), now);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      if (!make_room(now)) {
        epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, listener_.fd(), nullptr);
        deadlines_.emplace(now + kAcceptPause, kListener);
      }
      return;
    } else if (errno == EAGAIN) {
      return;
    }
    // Any other error is that of one client that is gone again; see accept(2).
  }
}

void ConnectionLoop::adopt(Socket socket, Instant now) {
  if (connections_.size() >= options_.max_connections && !make_room(now)) {
    return;
  }
  const int on = 1;
  setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const Id id = next_id_++;
  // Edge-triggered: every state machine runs until the socket has nothing more to give, and a
  // connection whose request is at work costs no event.
  if (!watch(epoll_, socket.fd(), id, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) {
    return;
  }
  TlsSession session{parts_.certificates.context(), socket.fd()};
  const double factor = std::uniform_real_distribution<double>{1 - kJitter, 1 + kJitter}(jitter_);
  const auto age =
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.max_connection_age * factor);
  connections_.emplace(
      id, Entry{Connection{std::move(socket), std::move(session), options_, now}, now + age});
  drive(id, now);
}

// Closes the connection that is missed least: one that has its answer, else the one idle for
// longest, else the oldest that has sent no whole head yet.
bool ConnectionLoop::make_room(Instant now) {
  for (const auto stage : {Connection::Stage::Linger,
                           Connection::Stage::Idle,
                           Connection::Stage::Handshake,
                           Connection::Stage::Head}) {
    std::optional<std::pair<Instant, Id>> oldest;
    for (const auto& [id, entry] : connections_) {
      // All have the same time to wait, so the first to expire has waited longest.
      const std::pair candidate{entry.connection.deadline(), id};
      if (entry.connection.stage() == stage && (!oldest || candidate < *oldest)) {
        oldest = candidate;
      }
    }
    if (oldest) {
      follow(oldest->second, connections_.at(oldest->second).connection.expire(now), now);
      return true;
    }
  }
  return false;
}

void ConnectionLoop::drive(Id id, Instant now) {
  if (const auto found = connections_.find(id); found != connections_.end()) {
    follow(id, found->second.connection.advance(now), now);
  }
}

void ConnectionLoop::follow(Id id, Connection::Need need, Instant now) {
  changed_ = true;
  Entry& entry = connections_.at(id);
  switch (need) {
    case Connection::Need::Close:
      close(id);
      return;
    case Connection::Need::Turn:
      ready_.push_back(id);
      break;
    case Connection::Need::Memory:
      if (feed(id, entry.connection)) {
        ready_.push_back(id);
      }
      break;
    case Connection::Need::Worker:
      dispatch(id, entry, now);
      break;
    case Connection::Need::Socket:
    case Connection::Need::Answer:
      break;
  }
  rearm(id, entry);
}

bool ConnectionLoop::feed(Id id, Connection& connection) {
  const std::size_t wanted = connection.wanted_memory();
  if (!memory_.grow(connection.granted_memory(), wanted)) {
    hungry_.insert(id);
    return false;
  }
  hungry_.erase(id);
  connection.grant_memory(wanted);
  return true;
}

void ConnectionLoop::feed_the_hungry(Instant now) {
  for (const Id id : std::set<Id>{hungry_}) {
    Connection& connection = connections_.at(id).connection;
    if (feed(id, connection)) {
      drive(id, now);
    }
  }
}

void ConnectionLoop::dispatch(Id id, Entry& entry, Instant now) {
  hungry_.erase(id);
  const Instant began = entry.connection.began();
  auto request = std::make_shared<HttpRequest>(entry.connection.take_request());
  const bool keep_alive = request->keep_alive && now < entry.retire_at;
  const bool taken = workers_.submit([this, id, request, keep_alive, began] {
    Finished finished{id, parts_.adapter.respond(std::move(*request), began, keep_alive)};
    {
      MutexLock lock{mutex_};
      finished_.push_back(std::move(finished));
    }
    wake();
  });
  if (!taken) {
    // Not reached while the queue holds as many as there may be connections.
    MutexLock lock{mutex_};
    finished_.push_back({id, {refusal_answer(503), false}});
    wake();
  }
}

void ConnectionLoop::take_finished(Instant now) {
  std::vector<Finished> all;
  {
    MutexLock lock{mutex_};
    all.swap(finished_);
  }
  for (Finished& finished : all) {
    Connection& connection = connections_.at(finished.id).connection;
    memory_.release(connection.granted_memory());
    connection.return_memory();
    if (finished.answer.bytes.empty()) {
      close(finished.id);
      continue;
    }
    connection.answer(finished.answer.bytes, finished.answer.keep_alive, now);
    drive(finished.id, now);
  }
}

void ConnectionLoop::expire(Instant now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const Id id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    if (id == kListener) {
      if (listener_) {
        watch(epoll_, listener_.fd(), kListener, EPOLLIN);
      }
      continue;
    }
    Entry& entry = connections_.at(id);
    entry.armed = Instant::max();
    follow(id, entry.connection.expire(now), now);
  }
}

void ConnectionLoop::rearm(Id id, Entry& entry) {
  const Instant deadline = entry.connection.deadline();
  if (deadline == entry.armed) {
    return;
  }
  deadlines_.erase({entry.armed, id});
  entry.armed = deadline;
  if (deadline != Instant::max()) {
    deadlines_.emplace(deadline, id);
  }
}

void ConnectionLoop::close(Id id) {
  const auto found = connections_.find(id);
  memory_.release(found->second.connection.granted_memory());
  deadlines_.erase({found->second.armed, id});
  hungry_.erase(id);
  connections_.erase(found);
  changed_ = true;
}

void ConnectionLoop::close_quiet_ones() {
  std::vector<Id> quiet;
  for (const auto& [id, entry] : connections_) {
    const auto stage = entry.connection.stage();
    if (stage == Connection::Stage::Idle || stage == Connection::Stage::Handshake) {
      quiet.push_back(id);
    }
  }
  for (const Id id : quiet) {
    follow(id, connections_.at(id).connection.expire(Instant{}), Instant{});
  }
}

// Milliseconds for epoll_wait, rounded up so that the deadline has passed after it.
int ConnectionLoop::wait_time(Instant now) const {
  if (!ready_.empty()) {
    return 0;
  }
  Instant until = changed_ ? published_ + kPublishEvery : Instant::max();
  if (!deadlines_.empty()) {
    until = std::min(until, deadlines_.begin()->first);
  }
  if (until == Instant::max()) {
    return -1;
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 60'000));
}

void ConnectionLoop::publish(Instant now) {
  if (!changed_ || now < published_ + kPublishEvery) {
    return;
  }
  std::size_t idle = 0;
  std::size_t handshaking = 0;
  for (const auto& [id, entry] : connections_) {
    idle += entry.connection.stage() == Connection::Stage::Idle ? 1u : 0u;
    handshaking += entry.connection.stage() == Connection::Stage::Handshake ? 1u : 0u;
  }
  parts_.metrics.set_connections("idle", idle);
  parts_.metrics.set_connections("handshaking", handshaking);
  parts_.metrics.set_connections("active", connections_.size() - idle - handshaking);
  changed_ = false;
  published_ = now;
}

}  // namespace leangate::server
