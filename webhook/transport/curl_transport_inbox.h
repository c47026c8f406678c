// What other threads hand to the transfer loop: exchanges to run and names that were resolved.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "webhook/support/mutex.h"
#include "webhook/support/resolver.h"
#include "webhook/transport/curl_transport_transfer.h"

namespace leangate::transport {

using TransferId = std::uint64_t;

// Safe from any thread. Wakes the loop out of its poll. It may outlive the loop: the resolver's
// answers hold on to it.
class TransferInbox {
 public:
  struct Content {
    std::vector<std::unique_ptr<Transfer>> submitted;
    std::vector<std::pair<TransferId, Resolution>> resolved;
    bool stop = false;
  };

  // `multi` is the loop's, woken until stop().
  explicit TransferInbox(void* multi) : multi_{multi} {}

  // Gives the transfers back when the loop has been stopped.
  std::vector<std::unique_ptr<Transfer>> put(std::vector<std::unique_ptr<Transfer>> transfers)
      EXCLUDES(mutex_);
  void put(TransferId id, const Resolution& resolution) EXCLUDES(mutex_);

  // Nothing is taken in from here on, and the multi handle isn't touched any more.
  void stop() EXCLUDES(mutex_);

  // For the loop.
  Content take() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  void* const multi_;
  Content content_ GUARDED_BY(mutex_);
};

}  // namespace leangate::transport
