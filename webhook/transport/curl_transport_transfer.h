// One exchange as libcurl runs it: the options of its easy handle, what its callbacks gather, and
// its limits in time and size.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "webhook/transport/address_guard.h"
#include "webhook/transport/curl_transport.h"
#include "webhook/transport/curl_transport_head.h"
#include "webhook/transport/curl_transport_roots.h"
#include "webhook/transport/http_transport.h"

namespace leangate::transport {

using Outcome = Result<HttpResponse, TransportError>;

// Lives on the loop's thread. `on_end` is called at most once, by the loop.
class Transfer {
 public:
  using SteadyClock = std::chrono::steady_clock;

  Transfer(const Exchange& exchange, std::function<void(Outcome)> on_end);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  const HttpRequest& request() const { return *exchange_.request; }
  const HostAccess* access() const { return exchange_.request->access.get(); }
  // The easy handle, null until it is prepared.
  void* handle() const { return easy_.get(); }
  bool answered() const { return head_.complete(); }

  // Sets the easy handle up to dial these addresses. `dial_name` stands for them in libcurl's
  // caches of names and connections. False when libcurl is out of memory.
  bool prepare(const std::vector<std::string>& addresses,
               const std::string& dial_name,
               const AddressGuard& guard,
               const CurlTransportOptions& options,
               TrustStore trust);

  // When the transfer has to be looked at again, and what is wrong with it then.
  SteadyClock::time_point next_check() const;
  std::optional<TransportError> check(SteadyClock::time_point now);

  // What became of it; `code` is libcurl's.
  Outcome outcome(int code);
  void end(Outcome outcome) { on_end_(std::move(outcome)); }

  // libcurl's callbacks, by way of free functions that have its signatures.
  bool on_header(std::string_view line);
  bool on_body(std::string_view data);
  int on_open_socket(const sockaddr& address, int type, int protocol);
  void on_request_sent();

 private:
  struct FreeEasy {
    void operator()(void* easy) const;
  };
  struct FreeList {
    void operator()(void* list) const;
  };
  using List = std::unique_ptr<void, FreeList>;

  void set_target();
  void set_safety();
  void set_tls();
  void set_headers(const std::string& user_agent);
  void append(List& list, const std::string& line);
  bool begin_body();
  TransportError failure(TransportError::Kind kind, std::string_view text) const;

  Exchange exchange_;
  std::function<void(Outcome)> on_end_;
  const AddressGuard* guard_ = nullptr;
  TrustStore trust_;
  List headers_;
  List resolve_;
  List connect_to_;
  std::vector<char> error_text_;

  HeadReader head_;
  bool header_overflow_ = false;
  bool sink_refused_ = false;
  bool dialled_ = false;
  std::string guard_refusal_;
  SteadyClock::time_point first_byte_by_;
  SteadyClock::time_point window_end_;  // of the slowness check
  std::size_t window_bytes_ = 0;
  std::unique_ptr<void, FreeEasy> easy_;  // last: it points into the others
};

}  // namespace leangate::transport
