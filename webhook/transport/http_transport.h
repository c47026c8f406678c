// One HTTP exchange, bounded in every direction. Redirects are not followed, credentials are not
// invented, bodies go to a sink: what to do about a status is the caller's business.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/result.h"
#include "webhook/support/clock.h"
#include "webhook/transport/url.h"

namespace leangate::transport {

// What the operator allows towards one host. Shared between requests; immutable.
struct HostAccess {
  bool configured = false;      // listed by the operator, or named by the command's user
  bool allow_private = false;   // RFC 1918 and ULA addresses
  bool allow_loopback = false;  // only for a listed host that is itself a loopback name or literal
  std::string ca_file;          // added to the system's roots; empty: none
  std::string client_cert_file;
  std::string client_key_file;
};

struct Header {
  std::string name;
  std::string value;
};

struct HttpRequest {
  enum class Method { Get, Head, Post };
  Method method = Method::Get;
  Url url;
  std::vector<Header>
      headers;       // sent as they are; nothing else but Host, User-Agent and Content-Length
  std::string body;  // of a Post
  std::shared_ptr<const HostAccess> access;  // null: an ordinary public host
  Deadline deadline;
};

struct HttpResponse {
  int status = 0;
  std::vector<Header> headers;  // of the final response block only; names in lower case
  std::string remote_address;   // the peer that answered, for logs

  // The first header of that (lower-case) name, empty when there is none.
  std::string_view header(std::string_view name) const;
  std::vector<std::string_view> all_headers(std::string_view name) const;
};

// Receives a body as it arrives, on the transport's thread: must not block.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // Called once, before any data. False ends the exchange; it fails with kind Aborted.
  virtual bool begin(const HttpResponse& head) = 0;
  virtual bool write(std::string_view data) = 0;
};

struct TransportError {
  enum class Kind {
    Timeout,     // the deadline passed, or the peer was too slow on the way to it
    Resolve,     // the name has no address, or resolving it failed
    Connect,     // refused, unreachable, reset before an answer
    Tls,         // certificate or handshake
    Refused,     // the address guard said no
    Protocol,    // no HTTP, headers too large, body cut short
    Aborted,     // the sink or a stop ended it
    Overloaded,  // too many names waiting for the resolver
  };
  Kind kind = Kind::Connect;
  std::string detail;  // one line for logs; names host and address, never a secret
};

struct Exchange {
  const HttpRequest* request = nullptr;  // must live until fetch_all returns
  BodySink* sink = nullptr;
};

// Implementations are safe from any thread; calls block until all is done or the deadlines passed.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  virtual std::vector<Result<HttpResponse, TransportError>> fetch_all(
      const std::vector<Exchange>& exchanges) = 0;

  // Sits out the time between two tries of an exchange: true when the span is over, false as soon
  // as the transport stops. Here, because what ends exchanges must end such waits, too.
  virtual bool pause(std::chrono::milliseconds span) = 0;

  Result<HttpResponse, TransportError> fetch(const HttpRequest& request, BodySink& sink);
};

}  // namespace leangate::transport
