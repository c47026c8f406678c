#include "webhook/registry/retry_policy.h"

namespace leangate::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using transport::HttpRequest;
using transport::TransportError;

// Doubled with each try, of which a random part is waited: 0.4 s for three tries, on average.
constexpr milliseconds kFirstBackOff{250};
// What a 429 means that doesn't say: the limits that pass while somebody waits count by seconds.
constexpr seconds kShortestLimit{1};
// The caller is an API server that waits 10 s; and a waiting lookup keeps others from its slot, so
// that no host may ask for more than a silent one gets.
constexpr seconds kLongestWait{5};
// The answer over a connection that stands, from another continent.
constexpr milliseconds kShortestTry{200};

bool may_pass(int status) {
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

bool may_pass(TransportError::Kind error) {
  switch (error) {
    case TransportError::Kind::Resolve:
    case TransportError::Kind::Connect:
    case TransportError::Kind::Protocol:  // its commonest cause: a restarting proxy cut the answer
      return true;
    case TransportError::Kind::Timeout:  // had its time, and would hold the lookup's slot again
    case TransportError::Kind::Tls:
    case TransportError::Kind::Refused:
    case TransportError::Kind::Aborted:
    case TransportError::Kind::Overloaded:  // our own load, which another try adds to
      return false;
  }
  return false;
}

}  // namespace

std::optional<milliseconds> wait_before_retry(const Attempt& attempt,
                                              milliseconds left,
                                              double random) {
  const bool is_idempotent = attempt.method != HttpRequest::Method::Post;
  const bool may_help = attempt.status != 0 ? may_pass(attempt.status) : may_pass(attempt.error);
  // A registry that breaks on HEAD is asked by GET next.
  const bool is_broken_head = attempt.method == HttpRequest::Method::Head && attempt.status == 500;
  if (!is_idempotent || !may_help || is_broken_head || attempt.tries >= kMaxTries) {
    return std::nullopt;
  }
  const seconds asked_for =
      attempt.retry_after.value_or(attempt.status == 429 ? kShortestLimit : seconds{0});
  if (asked_for > kLongestWait) {
    return std::nullopt;
  }
  // "Full jitter": those who failed together don't come back together.
  const milliseconds back_off = kFirstBackOff * (1 << (attempt.tries - 1));
  const milliseconds wait =
      asked_for +
      milliseconds{static_cast<milliseconds::rep>(random * static_cast<double>(back_off.count()))};
  return wait + kShortestTry <= left ? std::optional{wait} : std::nullopt;
}

}  // namespace leangate::registry
