// libcurl's easy handle of one exchange: what it is told to do and, above all, what it must not do
// of its own accord.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "webhook/transport/curl_transport_roots.h"
#include "webhook/transport/http_transport.h"
#include "webhook/transport/proxy.h"

namespace leangate::transport {

// How a peer is reached.
struct Route {
  std::vector<std::string> addresses;  // of the peer, or of the proxy in between
  std::string dial_name;               // the peer's, see AccessClasses; unused with a proxy
  const Proxy* proxy = nullptr;
  TrustedRoots roots;        // null where the peer speaks no TLS
  TrustedRoots proxy_roots;  // null where the proxy speaks no TLS, or there is none
};

// What libcurl tells of an exchange under way, on the loop's thread.
class ExchangeEvents {
 public:
  virtual ~ExchangeEvents() = default;
  // False ends the exchange.
  virtual bool on_header(std::string_view line) = 0;
  virtual bool on_body(std::string_view data) = 0;
  // The new socket, or -1 for an address that mustn't be dialled.
  virtual int on_open_socket(const sockaddr& address, int type, int protocol) = 0;
  // The certificates to believe in the handshake that begins; null ends it.
  virtual x509_store_st* on_handshake() = 0;
  virtual void on_request_sent() = 0;
};

class EasyHandle {
 public:
  // `request` and `events` must outlive the handle.
  EasyHandle(const HttpRequest& request, ExchangeEvents& events)
      : request_{request}, events_{events}, error_text_(kErrorSize, '\0') {}

  // False when libcurl is out of memory.
  bool prepare(const Route& route,
               const std::string& user_agent,
               std::chrono::milliseconds connect_limit);

  void* get() const { return easy_.get(); }  // null until it is prepared
  std::string remote_address() const;        // of the connection, a proxy's where there is one
  std::string_view error_text() const { return error_text_.data(); }

 private:
  static constexpr std::size_t kErrorSize = 256;  // CURL_ERROR_SIZE

  struct FreeEasy {
    void operator()(void* easy) const;
  };
  struct FreeList {
    void operator()(void* list) const;
  };
  using List = std::unique_ptr<void, FreeList>;

  static void append(List& list, const std::string& line);
  void set_route(const Route& route);
  void set_proxy(const Proxy& proxy);
  void set_target();
  void set_limits(std::chrono::milliseconds connect_limit);
  void set_safety();
  void set_events();
  void set_tls(const Route& route);
  void set_headers(const std::string& user_agent);

  const HttpRequest& request_;
  ExchangeEvents& events_;
  List headers_;
  List resolve_;
  List connect_to_;
  std::vector<char> error_text_;
  std::unique_ptr<void, FreeEasy> easy_;  // last: it points into the others
};

}  // namespace leangate::transport
