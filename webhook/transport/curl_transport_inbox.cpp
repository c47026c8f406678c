#include "webhook/transport/curl_transport_inbox.h"

#include <algorithm>
#include <iterator>

#include <curl/curl.h>

namespace leangate::transport {

std::vector<std::unique_ptr<Transfer>> TransferInbox::put(
    std::vector<std::unique_ptr<Transfer>> transfers) {
  MutexLock lock{mutex_};
  if (content_.stop) {
    return transfers;
  }
  std::move(transfers.begin(), transfers.end(), std::back_inserter(content_.submitted));
  curl_multi_wakeup(multi_);
  return {};
}

void TransferInbox::put(TransferId id, const Resolution& resolution) {
  MutexLock lock{mutex_};
  if (!content_.stop) {
    content_.resolved.emplace_back(id, resolution);
    curl_multi_wakeup(multi_);
  }
}

void TransferInbox::stop() {
  MutexLock lock{mutex_};
  if (!content_.stop) {  // else the multi handle may be gone
    content_.stop = true;
    curl_multi_wakeup(multi_);
  }
}

TransferInbox::Content TransferInbox::take() {
  MutexLock lock{mutex_};
  Content taken = std::move(content_);
  content_ = {};
  content_.stop = taken.stop;
  return taken;
}

}  // namespace leangate::transport
