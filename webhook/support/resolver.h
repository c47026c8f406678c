// Host names to addresses in a bounded pool of threads. getaddrinfo() can't be cancelled and takes
// as long as a hostile name server likes, so nobody may ever wait for one of its threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
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

// Who vouches for a name. Whoever may create a pod can make up names by the thousand under a name
// server of his own, and have some of them answer, too.
enum class NameStanding {
  Configured,  // the operator named it
  Answered,    // it was reached before
  Unknown,
};

struct NameQuery {
  std::string host;
  NameStanding standing = NameStanding::Unknown;
  Deadline deadline;  // nobody waits for the answer after it
};

// Whose name servers are asked, as far as a name tells: "a.b.example.com" -> "example.com". (Under
// a domain such as co.uk strangers share a zone. They share its limits then, and nothing else.)
std::string_view zone_of(std::string_view host);

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
  // Of those, at most, for each lower standing; of them, at most half for names of one zone.
  std::size_t answered_threads = 8;
  std::size_t unknown_threads = 4;
  std::size_t max_queued = 256;  // names of each standing; below Configured a quarter for one zone
  // A lookup that takes longer hangs: it no longer counts, and another thread takes its place, as
  // long as few enough hang. (resolv.conf(5): three servers, twice 5 s each, is a failure of all.)
  std::chrono::milliseconds hangs_after{10'000};
  std::size_t max_hanging = 8;
  // Told when a first lookup hangs, and when so many do that no thread takes their place any more;
  // with the pool locked, so it must not ask it.
  std::function<void(const std::string& host, std::size_t hanging)> on_hanging;
};

// Asks for one name once however many wait for it, and keeps answers for a short while. Its end
// doesn't wait for threads that hang: they keep what they need and vanish with the process.
//
// Names wait in a lane for each standing, higher ones first. Slow names of one zone leave room for
// other zones of their lane, and slow names of a lane leave room for those above it.
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
