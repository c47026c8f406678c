#include "webhook/transport/curl_transport_error.h"

#include <cstddef>

#include <curl/curl.h>

namespace leangate::transport {
namespace {

constexpr std::size_t kMaxDetail = 300;

}  // namespace

TransportError::Kind kind_of(int code, bool answered) {
  using Kind = TransportError::Kind;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Kind::Timeout;
    case CURLE_COULDNT_RESOLVE_HOST:
      return Kind::Resolve;
    case CURLE_COULDNT_CONNECT:
      return Kind::Connect;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return answered ? Kind::Protocol : Kind::Connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
      return Kind::Tls;
    default:
      return Kind::Protocol;
  }
}

TransportError make_error(TransportError::Kind kind, const Url& url, std::string_view text) {
  std::string detail = url.host + ":" + std::to_string(url.port) + ": ";
  detail.append(text.substr(0, kMaxDetail));
  for (char& c : detail) {
    if (c < ' ' || c == '\x7f') {
      c = '?';
    }
  }
  return {kind, detail};
}

}  // namespace leangate::transport
