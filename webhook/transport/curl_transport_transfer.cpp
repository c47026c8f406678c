#include "webhook/transport/curl_transport_transfer.h"

#include <sys/socket.h>

#include <curl/curl.h>

#include "webhook/transport/curl_transport_error.h"

namespace leangate::transport {
namespace {

using Kind = TransportError::Kind;

// The operator named the proxy, so it may stand in his network or beside us.
const HostAccess& proxy_access() {
  static const HostAccess kAccess = [] {
    HostAccess access;
    access.configured = access.allow_private = access.allow_loopback = true;
    return access;
  }();
  return kAccess;
}

}  // namespace

Transfer::Transfer(const Exchange& exchange, std::function<void(Outcome)> on_end)
    : exchange_{exchange},
      on_end_{std::move(on_end)},
      patience_{TimeLimits{}, exchange.request->deadline},
      easy_{*exchange.request, *this} {}

void Transfer::begin(const CurlTransportOptions& options) {
  patience_ = Patience{options.limits, request().deadline};
  patience_.resolving(SteadyClock::now());
}

bool Transfer::prepare(Route route,
                       const AddressGuard& guard,
                       const CurlTransportOptions& options) {
  guard_ = &guard;
  route_ = std::move(route);
  head_.set_limit(options.max_header_bytes);
  patience_.connecting(SteadyClock::now());
  return easy_.prepare(route_, options.user_agent, options.limits.connect);
}

std::optional<TransportError> Transfer::check(SteadyClock::time_point now) {
  if (const auto exhausted = patience_.exhausted(now)) {
    return failure(Kind::Timeout, *exhausted);
  }
  return std::nullopt;
}

TransportError Transfer::failure(Kind kind, std::string_view text) const {
  return make_error(kind, request().url, text);
}

Outcome Transfer::outcome(int code) {
  if (code == CURLE_OK && answered()) {
    return std::move(head_.head());
  }
  if (header_overflow_) {
    return Failure{failure(Kind::Protocol, "the headers of the answer are too large")};
  }
  if (is_proxys_refusal()) {
    return Failure{failure(Kind::Connect, "the proxy answered 407, it wants other credentials")};
  }
  if (sink_refused_) {
    return Failure{failure(Kind::Aborted, "the receiver ended the exchange")};
  }
  if (!guard_refusal_.empty() && !dialled_) {
    return Failure{failure(Kind::Refused, guard_refusal_)};
  }
  const std::string_view text = easy_.error_text();
  const auto curl_code = static_cast<CURLcode>(code);
  return Failure{
      failure(kind_of(code, answered()), text.empty() ? curl_easy_strerror(curl_code) : text)};
}

bool Transfer::on_header(std::string_view line) {
  patience_.received(line.size(), SteadyClock::now());
  switch (head_.take(line)) {
    case HeadReader::State::Reading:
      return true;
    case HeadReader::State::Complete:
      return begin_body();
    case HeadReader::State::TooLarge:
      header_overflow_ = true;
  }
  return false;
}

// RFC 9110 15.5.8: only a proxy says so, and only of a request that it was handed whole.
bool Transfer::is_proxys_refusal() const {
  return route_.proxy != nullptr && request().url.scheme == "http" && head_.status() == 407;
}

bool Transfer::begin_body() {
  if (is_proxys_refusal()) {
    return false;
  }
  head_.head().remote_address = easy_.remote_address();
  sink_refused_ = !exchange_.sink->begin(head_.head());
  return !sink_refused_;
}

bool Transfer::on_body(std::string_view data) {
  patience_.received(data.size(), SteadyClock::now());
  sink_refused_ = sink_refused_ || !exchange_.sink->write(data);
  return !sink_refused_;
}

int Transfer::on_open_socket(const sockaddr& address, int type, int protocol) {
  const HostAccess* const rights = route_.proxy != nullptr ? &proxy_access() : access();
  const std::string refusal = guard_->refusal(address, rights);
  if (!refusal.empty()) {
    guard_refusal_ = refusal;
    return CURL_SOCKET_BAD;
  }
  dialled_ = true;
  proxy_handshake_next_ = route_.proxy_roots != nullptr;
  return ::socket(address.sa_family, type | SOCK_CLOEXEC, protocol);
}

// On a new socket a proxy that speaks TLS shakes hands first, then the peer through it.
x509_store_st* Transfer::on_handshake() {
  const TrustedRoots& roots = proxy_handshake_next_ ? route_.proxy_roots : route_.roots;
  proxy_handshake_next_ = false;
  return roots != nullptr ? roots->store.get() : nullptr;
}

void Transfer::on_request_sent() {
  patience_.request_sent(SteadyClock::now());
}

}  // namespace leangate::transport
