#include "webhook/transport/curl_transport_roots.h"

#include <cstddef>
#include <fstream>
#include <optional>
#include <utility>

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace leangate::transport {
namespace {

constexpr std::chrono::minutes kMaxAge{5};

// Far more than any bundle of authorities has.
constexpr std::streamsize kMaxAuthority = std::streamsize{1} << 20;

std::optional<std::string> read_text(const std::string& file) {
  std::ifstream stream{file, std::ios::binary};
  std::string text(kMaxAuthority, '\0');
  stream.read(text.data(), kMaxAuthority);
  if (stream.gcount() == 0 || stream.gcount() == kMaxAuthority) {
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

TrustedRoots load(const std::string& ca_file) {
  Roots roots{{X509_STORE_new(), &X509_STORE_free}, ""};
  X509_STORE* const store = roots.store.get();
  bool loaded = store != nullptr;
  if (!ca_file.empty()) {  // the host's own first: the cheap one may fail
    auto text = read_text(ca_file);
    loaded = loaded && text && X509_STORE_load_file(store, ca_file.c_str()) == 1;
    roots.authority = loaded ? *std::move(text) : "";
  }
  if (loaded) {
    // Where this system's libcurl was built to look, else where its OpenSSL was. A host's own
    // authority is enough where there are no roots at all.
    const char* bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
    loaded = (bundle != nullptr && X509_STORE_load_file(store, bundle) == 1) ||
             X509_STORE_set_default_paths(store) == 1 || !ca_file.empty();
  }
  ERR_clear_error();
  return loaded ? std::make_shared<const Roots>(std::move(roots)) : nullptr;
}

}  // namespace

TrustedRoots RootsCache::get(const std::string& ca_file) {
  const auto now = std::chrono::steady_clock::now();
  const auto found = entries_.find(ca_file);
  if (found != entries_.end() && found->second.expires > now) {
    return found->second.roots;
  }
  TrustedRoots roots = load(ca_file);
  if (roots != nullptr) {
    entries_.insert_or_assign(ca_file, Entry{roots, now + kMaxAge});
  } else if (found != entries_.end()) {
    entries_.erase(found);
  }
  return roots;
}

}  // namespace leangate::transport
