#include "webhook/transport/patience.h"

#include <algorithm>

#include "policy/duration.h"

namespace leangate::transport {

void Patience::received(std::size_t bytes, TimePoint now) {
  if (step_ != Step::Receiving) {
    step_ = Step::Receiving;
    step_by_ = now + limits_.slow_span;
    received_ = 0;
  }
  received_ += bytes;
}

Patience::TimePoint Patience::next_check() const {
  return std::min(deadline_, step_by_);
}

std::optional<std::string> Patience::exhausted(TimePoint now) {
  if (now >= deadline_) {
    return "the deadline passed";
  }
  if (now < step_by_) {
    return std::nullopt;
  }
  switch (step_) {
    case Step::Resolving:
      return "the name was not resolved within " + policy::format_duration(limits_.resolve);
    case Step::Connecting:
      return "no connection within " + policy::format_duration(limits_.connect);
    case Step::Waiting:
      return "no answer within " + policy::format_duration(limits_.first_byte) + " of the request";
    case Step::Receiving:
      break;
  }
  if (received_ < limits_.slow_bytes) {
    return "less than " + std::to_string(limits_.slow_bytes) + " bytes within " +
           policy::format_duration(limits_.slow_span);
  }
  received_ = 0;
  step_by_ = now + limits_.slow_span;
  return std::nullopt;
}

}  // namespace leangate::transport
