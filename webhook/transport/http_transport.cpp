#include "webhook/transport/http_transport.h"

#include <algorithm>

namespace leangate::transport {

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = std::find_if(
      headers.begin(), headers.end(), [name](const Header& header) { return header.name == name; });
  return found == headers.end() ? std::string_view{} : std::string_view{found->value};
}

std::vector<std::string_view> HttpResponse::all_headers(std::string_view name) const {
  std::vector<std::string_view> result;
  for (const Header& header : headers) {
    if (header.name == name) {
      result.emplace_back(header.value);
    }
  }
  return result;
}

Result<HttpResponse, TransportError> HttpTransport::fetch(const HttpRequest& request,
                                                          BodySink& sink) {
  return std::move(fetch_all({Exchange{&request, &sink}}).front());
}

}  // namespace leangate::transport
