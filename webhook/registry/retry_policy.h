// Whether a question to a registry is asked again, and when: decided from what came of it, without
// a clock, a socket or a memory of its own.
#pragma once

#include <chrono>
#include <optional>

#include "webhook/transport/http_transport.h"

namespace leangate::registry {

// One more than once may meet the replica that is down; one more than twice only helps the
// registry to stay down.
inline constexpr int kMaxTries = 3;

// What came of asking.
struct Attempt {
  transport::HttpRequest::Method method = transport::HttpRequest::Method::Get;
  int tries = 1;   // this one included
  int status = 0;  // 0: no whole answer, and
  transport::TransportError::Kind error = transport::TransportError::Kind::Connect;
  std::optional<std::chrono::seconds> retry_after = {};  // the answer's word
};

// How long to wait before the next try; nothing to give up. `left`: until the deadline, which the
// next answer must be able to meet. `random`: in [0, 1).
std::optional<std::chrono::milliseconds> wait_before_retry(const Attempt& attempt,
                                                           std::chrono::milliseconds left,
                                                           double random);

}  // namespace leangate::registry
