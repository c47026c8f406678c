#include "webhook/transport/curl_transport_roots.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace leangate::transport {
namespace {

constexpr std::chrono::minutes kMaxAge{5};

TrustStore load(const std::string& ca_file) {
  const TrustStore store{X509_STORE_new(), &X509_STORE_free};
  // The host's own first: the cheap one may fail.
  bool loaded = store != nullptr &&
                (ca_file.empty() || X509_STORE_load_file(store.get(), ca_file.c_str()) == 1);
  if (loaded) {
    // Where this system's libcurl was built to look, else where its OpenSSL was. A host's own
    // authority is enough where there are no roots at all.
    const char* bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
    loaded = (bundle != nullptr && X509_STORE_load_file(store.get(), bundle) == 1) ||
             X509_STORE_set_default_paths(store.get()) == 1 || !ca_file.empty();
  }
  ERR_clear_error();
  return loaded ? store : nullptr;
}

}  // namespace

TrustStore TrustStores::get(const std::string& ca_file) {
  const auto now = std::chrono::steady_clock::now();
  const auto found = stores_.find(ca_file);
  if (found != stores_.end() && found->second.expires > now) {
    return found->second.store;
  }
  TrustStore store = load(ca_file);
  if (store != nullptr) {
    stores_.insert_or_assign(ca_file, Entry{store, now + kMaxAge});
  } else if (found != stores_.end()) {
    stores_.erase(found);
  }
  return store;
}

}  // namespace leangate::transport
