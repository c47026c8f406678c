// How long one exchange may take at each of its steps: a peer that stalls holds a slot for nothing,
// long before the deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "webhook/support/clock.h"

namespace leangate::transport {

// Connecting, answering and sending follow registry specification R51.
struct TimeLimits {
  // One lost packet costs a resolver 5 s (resolv.conf(5), "timeout"); two of them are a failure.
  std::chrono::milliseconds resolve{8000};
  // Until a request can be sent: a proxy's CONNECT and TLS handshakes count, and so does waiting
  // for a connection that another exchange is making.
  std::chrono::milliseconds connect{3000};
  std::chrono::milliseconds first_byte{5000};
  // Less than so many bytes in such a span is too slow: 1 KiB/s over 3 s.
  std::chrono::milliseconds slow_span{3000};
  std::size_t slow_bytes = 3u << 10;
};

// The clock of one exchange, told what happens and when. libcurl times connections, too, but not
// those who wait for one: they would each begin anew when the first has failed.
class Patience {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Patience(const TimeLimits& limits, Deadline deadline) : limits_{limits}, deadline_{deadline} {}

  void resolving(TimePoint now) { step_by_ = now + limits_.resolve, step_ = Step::Resolving; }
  void connecting(TimePoint now) { step_by_ = now + limits_.connect, step_ = Step::Connecting; }
  void request_sent(TimePoint now) { step_by_ = now + limits_.first_byte, step_ = Step::Waiting; }
  void received(std::size_t bytes, TimePoint now);

  // When to look again, and what is wrong by then; looking begins the next span of receiving.
  TimePoint next_check() const;
  std::optional<std::string> exhausted(TimePoint now);

 private:
  enum class Step { Resolving, Connecting, Waiting, Receiving };

  TimeLimits limits_;
  Deadline deadline_;
  Step step_ = Step::Resolving;
  TimePoint step_by_ = TimePoint::max();
  std::size_t received_ = 0;  // in the span of receiving
};

}  // namespace leangate::transport
