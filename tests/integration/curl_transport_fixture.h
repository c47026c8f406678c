// What the tests of the transport on libcurl share: a resolver with a few names of its own, and
// requests to servers on loopback.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/fakes/buffer_sink.h"
#include "tests/fakes/scripted_server.h"
#include "tests/support/catch.h"
#include "webhook/transport/curl_transport.h"

namespace leangate::transport {

using fakes::BufferSink;
using fakes::http_response;
using fakes::RecordedRequest;
using fakes::ScriptedConnection;
using fakes::ScriptedServer;
using Kind = TransportError::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

// Knows a few names, and keeps silent about "tarpit".
class FakeResolver final : public Resolver {
 public:
  void resolve(const NameQuery& query, Done done) override {
    {
      const std::lock_guard lock{mutex_};
      queries_.push_back(query);
    }
    if (query.host.find("tarpit") != std::string::npos) {
      return;
    }
    const auto found = names_.find(query.host);
    if (found == names_.end()) {
      done(Resolution{{}, "no such name", query.host == "crowd."});
    } else {
      done(Resolution{found->second, "", false});
    }
  }

  std::vector<NameQuery> queries() const {
    const std::lock_guard lock{mutex_};
    return queries_;
  }

 private:
  // Configured names are asked for as they are written, others as absolute ones.
  const std::map<std::string, std::vector<std::string>> names_ = {
      {"localhost", {"127.0.0.1"}},
      {"registry.test", {"127.0.0.1"}},
      {"public.test.", {"127.0.0.1"}},
      {"both.test", {"::1", "127.0.0.1"}},
      {"proxy.test", {"127.0.0.1"}},
      {"linklocal.test", {"169.254.169.254"}},
  };
  mutable std::mutex mutex_;
  std::vector<NameQuery> queries_;
};

inline std::shared_ptr<const HostAccess> loopback_access(const std::string& ca_file = "") {
  HostAccess access;
  access.configured = true;
  access.allow_loopback = true;
  access.ca_file = ca_file;
  return std::make_shared<const HostAccess>(access);
}

inline HttpRequest get(const std::string& url, milliseconds patience = seconds{10}) {
  HttpRequest request;
  request.url = parse_url(url).value();
  request.access = loopback_access();
  request.deadline = deadline_in(patience);
  return request;
}

inline CurlTransport make_transport() {
  CurlTransportOptions options;
  options.user_agent = "leangate-test";
  return CurlTransport{options, std::make_shared<FakeResolver>()};
}

// With the limits in time of a test that doesn't want to wait for those of the product.
inline CurlTransport make_transport(const TimeLimits& limits) {
  CurlTransportOptions options;
  options.limits = limits;
  return CurlTransport{options, std::make_shared<FakeResolver>()};
}

inline Kind kind_of(const Result<HttpResponse, TransportError>& result) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().detail);
  return result.error().kind;
}

inline milliseconds since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - start);
}

}  // namespace leangate::transport
