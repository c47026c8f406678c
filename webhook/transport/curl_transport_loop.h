// The one thread that drives all transfers: takes them in, has their names resolved, runs them on
// one libcurl multi handle and ends them by their deadlines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "webhook/support/resolver.h"
#include "webhook/transport/curl_transport_inbox.h"
#include "webhook/transport/curl_transport_roots.h"
#include "webhook/transport/curl_transport_transfer.h"

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
  void resolve(TransferId id, const Transfer& transfer);
  void resolved(TransferId id, const Resolution& resolution);
  void dial(Transfer& transfer, TransferId id, const std::vector<std::string>& addresses);
  void reap();
  void expire();
  int poll_timeout_ms() const;
  void finish(TransferId id, Outcome outcome);
  void abort_all();
  std::string dial_name(const Transfer& transfer);
  void remember_answer(const std::string& host);

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
  using AccessKey = std::tuple<bool, bool, bool, std::string, std::string, std::string>;
  std::map<AccessKey, std::uint64_t> access_classes_;
  std::uint64_t last_class_ = 0;
  std::unordered_set<std::string> answered_hosts_;
  std::deque<std::string> answered_order_;

  TrustStores trust_;

  std::thread thread_;
};

}  // namespace leangate::transport
