// The one thread that drives all transfers: takes them in, has their names resolved, runs them on
// one libcurl multi handle and ends them by their deadlines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "webhook/support/resolver.h"
#include "webhook/transport/access_classes.h"
#include "webhook/transport/curl_transport_inbox.h"
#include "webhook/transport/curl_transport_roots.h"
#include "webhook/transport/curl_transport_transfer.h"
#include "webhook/transport/known_hosts.h"

namespace leangate::transport {

class TransferLoop {
 public:
  TransferLoop(const CurlTransportOptions& options, std::shared_ptr<Resolver> resolver);
  // Ends every transfer with kind Aborted.
  ~TransferLoop();
  TransferLoop(const TransferLoop&) = delete;
  TransferLoop& operator=(const TransferLoop&) = delete;

  // Safe from any thread. Every transfer's end is told, on the loop's thread.
  void submit(std::vector<std::unique_ptr<Transfer>> transfers);

  // What the destructor does, without waiting for it.
  void stop();

 private:
  void run();
  void start(std::unique_ptr<Transfer> transfer);
  const Proxy* proxy_for(const Transfer& transfer) const;
  NameStanding standing_of(const Transfer& transfer) const;
  void start_through(const Proxy& proxy, TransferId id, const Transfer& transfer);
  void resolve(TransferId id, const std::string& host, const NameQuery& query);
  void resolved(TransferId id, const Resolution& resolution);
  void dial(Transfer& transfer, TransferId id, const std::vector<std::string>& addresses);
  std::optional<Route> route_to(const Transfer& transfer,
                                const std::vector<std::string>& addresses);
  void reap();
  void expire();
  int poll_timeout_ms() const;
  void finish(TransferId id, Outcome outcome);
  void abort_all();

  const CurlTransportOptions options_;
  const AddressGuard guard_;
  const std::shared_ptr<Resolver> resolver_;
  void* const multi_;
  const std::shared_ptr<TransferInbox>
      inbox_;  // shared with the resolver, whose answers may come late

  // Touched by the loop's thread only.
  TransferId last_id_ = 0;
  std::unordered_map<TransferId, std::unique_ptr<Transfer>> transfers_;
  std::unordered_map<void*, TransferId> running_;  // by easy handle
  AccessClasses classes_;
  KnownHosts known_hosts_;
  RootsCache roots_;

  std::thread thread_;
};

}  // namespace leangate::transport
