// One exchange under way: what libcurl tells of it, judged and handed on, and what becomes of it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "webhook/transport/address_guard.h"
#include "webhook/transport/curl_transport.h"
#include "webhook/transport/curl_transport_handle.h"
#include "webhook/transport/curl_transport_head.h"
#include "webhook/transport/http_transport.h"
#include "webhook/transport/patience.h"

namespace leangate::transport {

using Outcome = Result<HttpResponse, TransportError>;

// Lives on the loop's thread. `on_end` is called at most once, by the loop.
class Transfer final : private ExchangeEvents {
 public:
  using SteadyClock = std::chrono::steady_clock;

  Transfer(const Exchange& exchange, std::function<void(Outcome)> on_end);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  const HttpRequest& request() const { return *exchange_.request; }
  const HostAccess* access() const { return exchange_.request->access.get(); }
  // The easy handle, null until it is prepared.
  void* handle() const { return easy_.get(); }
  bool answered() const { return head_.complete(); }

  // The name is being looked up from here on.
  void begin(const CurlTransportOptions& options);
  // Sets the easy handle up to take this route. False when libcurl is out of memory.
  bool prepare(Route route, const AddressGuard& guard, const CurlTransportOptions& options);

  // When the transfer has to be looked at again, and what is wrong with it then.
  SteadyClock::time_point next_check() const { return patience_.next_check(); }
  std::optional<TransportError> check(SteadyClock::time_point now);

  // What became of it; `code` is libcurl's.
  Outcome outcome(int code);
  void end(Outcome outcome) { on_end_(std::move(outcome)); }

 private:
  bool on_header(std::string_view line) override;
  bool on_body(std::string_view data) override;
  int on_open_socket(const sockaddr& address, int type, int protocol) override;
  x509_store_st* on_handshake() override;
  void on_request_sent() override;

  bool begin_body();
  bool is_proxys_refusal() const;
  TransportError failure(TransportError::Kind kind, std::string_view text) const;

  Exchange exchange_;
  std::function<void(Outcome)> on_end_;
  const AddressGuard* guard_ = nullptr;
  Route route_;

  Patience patience_;
  HeadReader head_;
  bool header_overflow_ = false;
  bool sink_refused_ = false;
  bool dialled_ = false;
  bool proxy_handshake_next_ = false;
  std::string guard_refusal_;
  EasyHandle easy_;  // last: it points into the others
};

}  // namespace leangate::transport
