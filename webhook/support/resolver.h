// Host names to addresses in a bounded pool of threads. getaddrinfo() can't be cancelled and takes
// as long as a hostile name server likes, so nobody may ever wait for one of its threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "webhook/support/clock.h"

namespace leangate {

// The answer to a name. (No Result: this folder knows no other.)
struct Resolution {
  std::vector<std::string> addresses;  // numeric, best first, IPv6 without brackets; or none and
  std::string failure;                 // why
  bool overloaded = false;             // the failure is that too many names wait already

  static Resolution failed(std::string why) { return {{}, std::move(why), false}; }
  bool has_addresses() const { return !addresses.empty(); }
};

struct NameQuery {
  std::string host;
  // Vouched for by the operator, or seen to answer: not held up by strangers' names.
  bool trusted = false;
  Deadline deadline;  // nobody waits for the answer after it
};

// Implementations are safe from any thread.
class Resolver {
 public:
  virtual ~Resolver() = default;
  using Done = std::function<void(const Resolution&)>;

  // Never blocks. Calls `done` at most once: on a thread of its own, or at once on the caller's. It
  // may come late, even after the resolver's end, so it must own what it touches.
  virtual void resolve(const NameQuery& query, Done done) = 0;
};

struct ResolverPoolOptions {
  std::size_t threads = 16;
  std::size_t untrusted_threads = 4;  // of those, at most, for names that aren't trusted
  std::size_t max_queued = 256;       // names, for the trusted and the others each
};

// Asks for one name once however many wait for it, and keeps answers for a short while. Its end
// doesn't wait for threads that hang: they keep what they need and vanish with the process.
class ResolverPool final : public Resolver {
 public:
  // Blocks until the answer. Called from the pool's threads.
  using Lookup = std::function<Resolution(const std::string& host)>;

  // The second form looks names up by `lookup` instead of the system's resolver.
  explicit ResolverPool(const ResolverPoolOptions& options);
  ResolverPool(const ResolverPoolOptions& options, Lookup lookup);
  ~ResolverPool() override;
  ResolverPool(const ResolverPool&) = delete;
  ResolverPool& operator=(const ResolverPool&) = delete;

  void resolve(const NameQuery& query, Done done) override;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace leangate
