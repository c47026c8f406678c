#include "webhook/transport/curl_transport_loop.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <optional>
#include <string_view>

#include <curl/curl.h>

#include "webhook/transport/curl_transport_error.h"
#include "webhook/transport/ip_address.h"
#include "webhook/transport/name_guard.h"

namespace leangate::transport {
namespace {

using Kind = TransportError::Kind;

constexpr long kIdleConnections = 64;
// libcurl cuts the keys of its address cache at 255 characters; a name this long would share its
// entry with others once the class and the ending are around it.
constexpr std::size_t kMaxDialledHost = 200;
constexpr int kLongestPollMs = 1000;

void* make_multi() {
  // libcurl's own set-up isn't safe from two threads at once in every build.
  static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* const multi = kInitialised == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) {
    throw std::bad_alloc{};
  }
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, long{CURLPIPE_MULTIPLEX});
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kIdleConnections);
  return multi;
}

bool is_configured(const Transfer& transfer) {
  return transfer.access() != nullptr && transfer.access()->configured;
}

// Strangers' names are looked up as absolute ones (RFC 1034 3.1, with the root's dot): in a pod,
// the search domains would else make the Service "build.ci" out of a registry named so, and cost
// four queries for every public name. Names that the operator listed are taken as he wrote them,
// so that localhost, /etc/hosts and the search domains count.
std::string name_to_resolve(const Transfer& transfer) {
  const std::string& host = transfer.request().url.host;
  return is_configured(transfer) ? host : host + ".";
}

bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f';
  });
}

// A header with a line break in it would smuggle others in.
bool has_clean_headers(const HttpRequest& request) {
  return std::all_of(request.headers.begin(), request.headers.end(), [](const Header& header) {
    return !header.name.empty() && header.name.find_first_of(" \t:;") == std::string::npos &&
           is_clean(header.name) && is_clean(header.value);
  });
}

}  // namespace

TransferLoop::TransferLoop(const CurlTransportOptions& options, std::shared_ptr<Resolver> resolver)
    : options_{options},
      guard_{options.allow, options.deny},
      resolver_{std::move(resolver)},
      multi_{make_multi()},
      inbox_{std::make_shared<TransferInbox>(multi_)},
      thread_{[this] { run(); }} {}

TransferLoop::~TransferLoop() {
  stop();
  thread_.join();
}

void TransferLoop::stop() {
  inbox_->stop();
}

void TransferLoop::submit(std::vector<std::unique_ptr<Transfer>> transfers) {
  for (const auto& refused : inbox_->put(std::move(transfers))) {
    refused->end(Failure{make_error(Kind::Aborted, refused->request().url, "stopping")});
  }
}

void TransferLoop::run() {
  // Signals are the main thread's business. A write to a closed TLS connection raises SIGPIPE on
  // the writing thread, where it must not end the process.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_setname_np(pthread_self(), "curl-loop");
  while (true) {
    TransferInbox::Content content = inbox_->take();
    for (auto& transfer : content.submitted) {
      start(std::move(transfer));
    }
    if (content.stop) {
      abort_all();
      // Here, since closing a TLS connection writes to it.
      curl_multi_cleanup(multi_);
      return;
    }
    for (const auto& [id, resolution] : content.resolved) {
      resolved(id, resolution);
    }
    int ignored = 0;
    curl_multi_perform(multi_, &ignored);
    reap();
    expire();
    curl_multi_poll(multi_, nullptr, 0, poll_timeout_ms(), nullptr);
  }
}

void TransferLoop::start(std::unique_ptr<Transfer> transfer) {
  const TransferId id = ++last_id_;
  Transfer& started = *transfer;
  transfers_.emplace(id, std::move(transfer));
  started.begin(options_);
  const HttpRequest& request = started.request();
  const Deadline deadline = started.next_check();  // for its name
  if (!has_clean_headers(request)) {
    finish(id, Failure{make_error(Kind::Protocol, request.url, "malformed request header")});
  } else if (request.url.host.size() > kMaxDialledHost) {
    finish(id, Failure{make_error(Kind::Resolve, request.url, "host name too long")});
  } else if (const Proxy* proxy = proxy_for(started)) {
    start_through(*proxy, id, started);
  } else {
    resolve(id, request.url.host, {name_to_resolve(started), standing_of(started), deadline});
  }
}

const Proxy* TransferLoop::proxy_for(const Transfer& transfer) const {
  const bool served = options_.proxy && options_.proxy->serves(transfer.request().url.host);
  return served ? &*options_.proxy : nullptr;
}

NameStanding TransferLoop::standing_of(const Transfer& transfer) const {
  if (is_configured(transfer)) {
    return NameStanding::Configured;
  }
  return known_hosts_.knows(transfer.request().url.host) ? NameStanding::Answered
                                                         : NameStanding::Unknown;
}

// The peer's address is the proxy's affair and never seen here, so its name is judged.
void TransferLoop::start_through(const Proxy& proxy, TransferId id, const Transfer& transfer) {
  const HttpRequest& request = transfer.request();
  const std::string refusal = refusal_of_host(request.url.host, transfer.access(), guard_);
  if (!refusal.empty()) {
    finish(id, Failure{make_error(Kind::Refused, request.url, refusal)});
    return;
  }
  resolve(id, proxy.host, {proxy.host, NameStanding::Configured, transfer.next_check()});
}

void TransferLoop::resolve(TransferId id, const std::string& host, const NameQuery& query) {
  // Told to libcurl in the one spelling that its own parser knows, too.
  if (const auto literal = IpAddress::parse(host)) {
    resolved(id, Resolution{{literal->str()}, "", false});
    return;
  }
  resolver_->resolve(
      query, [inbox = inbox_, id](const Resolution& resolution) { inbox->put(id, resolution); });
}

void TransferLoop::resolved(TransferId id, const Resolution& resolution) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) {
    return;  // ended by its deadline meanwhile
  }
  Transfer& transfer = *found->second;
  if (resolution.has_addresses()) {
    dial(transfer, id, resolution.addresses);
    return;
  }
  const Kind kind = resolution.overloaded ? Kind::Overloaded : Kind::Resolve;
  const char* const whose = proxy_for(transfer) != nullptr ? "the proxy's name: " : "";
  finish(id, Failure{make_error(kind, transfer.request().url, whose + resolution.failure)});
}

void TransferLoop::dial(Transfer& transfer,
                        TransferId id,
                        const std::vector<std::string>& addresses) {
  const Url& url = transfer.request().url;
  auto route = route_to(transfer, addresses);
  if (!route) {
    finish(id, Failure{make_error(Kind::Tls, url, "no roots to trust")});
    return;
  }
  if (!transfer.prepare(*std::move(route), guard_, options_) ||
      curl_multi_add_handle(multi_, transfer.handle()) != CURLM_OK) {
    finish(id, Failure{make_error(Kind::Overloaded, url, "out of memory")});
    return;
  }
  running_.emplace(transfer.handle(), id);
}

// Nothing when a file of authorities can't be read.
std::optional<Route> TransferLoop::route_to(const Transfer& transfer,
                                            const std::vector<std::string>& addresses) {
  const Url& url = transfer.request().url;
  const HostAccess* const access = transfer.access();
  Route route;
  route.addresses = addresses;
  route.dial_name = classes_.dial_name(url, access);
  route.proxy = proxy_for(transfer);
  const bool tls = url.scheme == "https";
  const bool tls_to_proxy = route.proxy != nullptr && route.proxy->scheme == "https";
  if (tls) {
    route.roots = roots_.get(access != nullptr ? access->ca_file : "");
  }
  if (tls_to_proxy) {
    route.proxy_roots = roots_.get(route.proxy->ca_file);
  }
  const bool complete =
      (!tls || route.roots != nullptr) && (!tls_to_proxy || route.proxy_roots != nullptr);
  return complete ? std::optional{std::move(route)} : std::nullopt;
}

void TransferLoop::reap() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    const auto found = running_.find(message->easy_handle);
    if (message->msg != CURLMSG_DONE || found == running_.end()) {
      continue;
    }
    const TransferId id = found->second;
    Transfer& transfer = *transfers_.at(id);
    if (transfer.answered() && proxy_for(transfer) == nullptr) {
      known_hosts_.remember(transfer.request().url.host);
    }
    finish(id, transfer.outcome(message->data.result));
  }
}

void TransferLoop::expire() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::pair<TransferId, TransportError>> failed;
  for (const auto& [id, transfer] : transfers_) {
    if (transfer->next_check() <= now) {
      if (auto error = transfer->check(now)) {
        failed.emplace_back(id, *std::move(error));
      }
    }
  }
  for (auto& [id, error] : failed) {
    finish(id, Failure{std::move(error)});
  }
}

int TransferLoop::poll_timeout_ms() const {
  const auto now = std::chrono::steady_clock::now();
  auto until = now + std::chrono::milliseconds{kLongestPollMs};
  for (const auto& entry : transfers_) {
    until = std::min(until, entry.second->next_check());
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  return static_cast<int>(std::max<decltype(left)>(left, 0));
}

void TransferLoop::finish(TransferId id, Outcome outcome) {
  const auto found = transfers_.find(id);
  const std::unique_ptr<Transfer> transfer = std::move(found->second);
  transfers_.erase(found);
  if (transfer->handle() != nullptr && running_.erase(transfer->handle()) > 0) {
    curl_multi_remove_handle(multi_, transfer->handle());
  }
  transfer->end(std::move(outcome));
}

void TransferLoop::abort_all() {
  while (!transfers_.empty()) {
    const auto& [id, transfer] = *transfers_.begin();
    finish(id, Failure{make_error(Kind::Aborted, transfer->request().url, "stopping")});
  }
}

}  // namespace leangate::transport
