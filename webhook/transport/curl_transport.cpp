#include "webhook/transport/curl_transport.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "webhook/observability/logging.h"
#include "webhook/support/mutex.h"
#include "webhook/transport/curl_transport_loop.h"

namespace leangate::transport {
namespace {

ResolverPoolOptions pool_options(const CurlTransportOptions& options) {
  ResolverPoolOptions result;
  result.threads = options.resolver_threads;
  result.unknown_threads = options.unknown_host_resolvers;
  result.on_hanging = [](const std::string& host, std::size_t hanging) {
    observability::log_warn("the lookup of a host name hangs",
                            {{"host", host}, {"hanging", std::to_string(hanging)}});
  };
  return result;
}

// The outcomes of one fetch_all, on its caller's stack.
class Batch {
 public:
  explicit Batch(std::size_t size) : outcomes_(size), missing_{size} {}

  // Notifies with the mutex held: the batch may be gone as soon as its caller can wake.
  void set(std::size_t index, Outcome outcome) EXCLUDES(mutex_) {
    MutexLock lock{mutex_};
    outcomes_[index] = std::move(outcome);
    if (--missing_ == 0) {
      done_.notify_one();
    }
  }

  std::vector<Outcome> wait() EXCLUDES(mutex_) {
    MutexLock lock{mutex_};
    while (missing_ > 0) {
      done_.wait(mutex_);
    }
    std::vector<Outcome> result;
    for (std::optional<Outcome>& outcome : outcomes_) {
      result.push_back(*std::move(outcome));
    }
    return result;
  }

 private:
  Mutex mutex_;
  ConditionVariable done_;
  std::vector<std::optional<Outcome>> outcomes_ GUARDED_BY(mutex_);
  std::size_t missing_ GUARDED_BY(mutex_);
};

// What waits between tries wait on.
class StopSignal {
 public:
  void stop() EXCLUDES(mutex_) {
    MutexLock lock{mutex_};
    stopped_ = true;
    changed_.notify_all();
  }

  bool wait_until(Deadline instant) EXCLUDES(mutex_) {
    MutexLock lock{mutex_};
    while (!stopped_ && std::chrono::steady_clock::now() < instant) {
      changed_.wait_until(mutex_, instant);
    }
    return !stopped_;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace

class CurlTransport::Impl {
 public:
  Impl(const CurlTransportOptions& options, std::shared_ptr<Resolver> resolver)
      : loop{options, std::move(resolver)} {}

  TransferLoop loop;
  StopSignal stop_signal;
};

CurlTransport::CurlTransport(const CurlTransportOptions& options)
    : CurlTransport{options, std::make_shared<ResolverPool>(pool_options(options))} {}

CurlTransport::CurlTransport(const CurlTransportOptions& options,
                             std::shared_ptr<Resolver> resolver)
    : impl_{std::make_unique<Impl>(options, std::move(resolver))} {}

CurlTransport::~CurlTransport() = default;

bool CurlTransport::pause(std::chrono::milliseconds span) {
  return impl_->stop_signal.wait_until(deadline_in(span));
}

void CurlTransport::stop() {
  impl_->stop_signal.stop();
  impl_->loop.stop();
}

std::vector<Result<HttpResponse, TransportError>> CurlTransport::fetch_all(
    const std::vector<Exchange>& exchanges) {
  Batch batch{exchanges.size()};
  std::vector<std::unique_ptr<Transfer>> transfers;
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    transfers.push_back(std::make_unique<Transfer>(
        exchanges[i], [&batch, i](Outcome outcome) { batch.set(i, std::move(outcome)); }));
  }
  impl_->loop.submit(std::move(transfers));
  return batch.wait();
}

}  // namespace leangate::transport
