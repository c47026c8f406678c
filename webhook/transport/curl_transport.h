// HttpTransport on libcurl's multi interface.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "webhook/support/resolver.h"
#include "webhook/transport/address_guard.h"
#include "webhook/transport/http_transport.h"
#include "webhook/transport/patience.h"
#include "webhook/transport/proxy.h"

namespace leangate::transport {

struct CurlTransportOptions {
  std::vector<Cidr> allow;  // private ranges that any host may be in
  std::vector<Cidr> deny;
  std::string user_agent;
  std::size_t resolver_threads = 16;
  // Of those, for hosts that are neither configured nor were seen to answer.
  std::size_t unknown_host_resolvers = 4;
  std::size_t max_header_bytes = 64u << 10;
  TimeLimits limits;
  std::optional<Proxy> proxy;  // for every host but its exceptions; none: all are dialled
};

// One thread ("curl-loop") drives all transfers; names are resolved in a bounded pool of its own
// and handed to curl, which never resolves. Connections are reused per access class, HTTP/2 where
// offered. Through a proxy it is the proxy whose name is resolved and whose address is dialled, and
// the peers' names are judged before anything is asked.
class CurlTransport final : public HttpTransport {
 public:
  explicit CurlTransport(const CurlTransportOptions& options);
  // With a resolver of the caller's instead of the system's; the thread numbers above don't count.
  CurlTransport(const CurlTransportOptions& options, std::shared_ptr<Resolver> resolver);
  // Ends what is in flight with kind Aborted.
  ~CurlTransport() override;

  std::vector<Result<HttpResponse, TransportError>> fetch_all(
      const std::vector<Exchange>& exchanges) override;

  bool pause(std::chrono::milliseconds span) override;

  // Ends what is in flight, and all that is asked for later, with kind Aborted: for those who must
  // wait for their own callers of fetch_all before they may let go of the transport. Returns at
  // once; safe from any thread, and more than once.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leangate::transport
