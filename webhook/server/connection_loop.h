// All connections of the server on one thread: it accepts, drives every connection's state machine,
// keeps the deadlines, and hands complete requests to the workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "webhook/observability/metrics.h"
#include "webhook/server/body_memory.h"
#include "webhook/server/certificate_store.h"
#include "webhook/server/connection.h"
#include "webhook/server/http_adapter.h"
#include "webhook/server/server_options.h"
#include "webhook/server/socket.h"
#include "webhook/support/executor.h"
#include "webhook/support/mutex.h"

namespace leangate::server {

class ConnectionLoop {
 public:
  struct Parts {
    const CertificateStore& certificates;
    observability::Metrics& metrics;
    HttpAdapter& adapter;
  };

  // Takes over a listening socket; call start() once.
  ConnectionLoop(Socket listener, const ServerOptions& options, Parts parts);
  ~ConnectionLoop() { stop(); }
  ConnectionLoop(const ConnectionLoop&) = delete;
  ConnectionLoop& operator=(const ConnectionLoop&) = delete;

  // False when the kernel has no descriptors for it.
  [[nodiscard]] bool start();
  // Accepts nothing more, lets every request that has begun have its answer, then ends. For one
  // thread; idempotent.
  void stop();

 private:
  using Id = std::uint64_t;

  struct Entry {
    Connection connection;
    Instant retire_at;  // answers after this close the connection
    Instant armed = Instant::max();
  };
  // What a worker brings back.
  struct Finished {
    Id id = 0;
    HttpAnswer answer;
  };

  void run();
  void handle_event(Id id);
  void accept_clients(Instant now);
  void adopt(Socket socket, Instant now);
  bool make_room(Instant now);
  void drive(Id id, Instant now);
  void follow(Id id, Connection::Need need, Instant now);
  void dispatch(Id id, Entry& entry, Instant now);
  bool feed(Id id, Connection& connection);
  void take_finished(Instant now) EXCLUDES(mutex_);
  void feed_the_hungry(Instant now);
  void expire(Instant now);
  void rearm(Id id, Entry& entry);
  void close(Id id);
  void close_quiet_ones();
  int wait_time(Instant now) const;
  void publish(Instant now);
  void wake() const;

  const ServerOptions options_;
  const Parts parts_;
  Socket listener_;
  Socket epoll_;
  Socket wakeup_;  // an eventfd
  std::unordered_map<Id, Entry> connections_;
  std::set<std::pair<Instant, Id>> deadlines_;
  std::vector<Id> ready_;  // have work without an event
  std::set<Id> hungry_;    // wait for memory
  BodyMemory memory_;
  Id next_id_;
  std::minstd_rand jitter_;
  bool changed_ = true;  // since the connections were last counted
  Instant published_{};

  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  std::vector<Finished> finished_ GUARDED_BY(mutex_);
  Executor workers_;
  std::thread thread_;
};

}  // namespace leangate::server
