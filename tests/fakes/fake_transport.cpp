#include "tests/fakes/fake_transport.h"

#include <utility>

namespace leangate::fakes {

using transport::Exchange;
using transport::HttpRequest;
using transport::HttpResponse;
using transport::TransportError;

namespace {

std::string method_of(const HttpRequest& request) {
  switch (request.method) {
    case HttpRequest::Method::Head:
      return "HEAD";
    case HttpRequest::Method::Post:
      return "POST";
    case HttpRequest::Method::Get:
      break;
  }
  return "GET";
}

}  // namespace

void FakeTransport::on(const std::string& url, Handler handler) {
  const std::lock_guard lock{mutex_};
  handlers_[url] = std::move(handler);
}

void FakeTransport::on(const std::string& url, FakeAnswer answer) {
  on(url, [answer = std::move(answer)](const HttpRequest&) { return answer; });
}

std::vector<Result<HttpResponse, TransportError>> FakeTransport::fetch_all(
    const std::vector<Exchange>& exchanges) {
  const std::lock_guard lock{mutex_};
  batches_.push_back(exchanges.size());
  std::vector<Result<HttpResponse, TransportError>> results;
  for (const Exchange& exchange : exchanges) {
    results.push_back(answer(exchange));
  }
  return results;
}

Result<HttpResponse, TransportError> FakeTransport::answer(const Exchange& exchange) {
  requests_.push_back(*exchange.request);
  const std::string url = exchange.request->url.str();
  const auto handler = handlers_.find(url.substr(0, url.find('?')));
  const FakeAnswer answer =
      handler != handlers_.end() ? handler->second(*exchange.request) : FakeAnswer{404, "", {}, {}};
  if (answer.error) {
    return Failure{*answer.error};
  }
  HttpResponse response;
  response.status = answer.status;
  response.headers = answer.headers;
  const bool has_body = exchange.request->method != HttpRequest::Method::Head;
  if (!exchange.sink->begin(response) || (has_body && !exchange.sink->write(answer.body))) {
    return Failure{TransportError{TransportError::Kind::Aborted, "the sink had enough"}};
  }
  return response;
}

bool FakeTransport::pause(std::chrono::milliseconds span) {
  const std::lock_guard lock{mutex_};
  pauses_.push_back(span);
  return pause_handler_ == nullptr || pause_handler_(span);
}

void FakeTransport::on_pause(std::function<bool(std::chrono::milliseconds)> handler) {
  const std::lock_guard lock{mutex_};
  pause_handler_ = std::move(handler);
}

std::vector<std::chrono::milliseconds> FakeTransport::pauses() const {
  const std::lock_guard lock{mutex_};
  return pauses_;
}

std::vector<HttpRequest> FakeTransport::requests() const {
  const std::lock_guard lock{mutex_};
  return requests_;
}

std::vector<std::string> FakeTransport::asked() const {
  std::vector<std::string> lines;
  for (const HttpRequest& request : requests()) {
    lines.push_back(method_of(request) + " " + request.url.str());
  }
  return lines;
}

std::vector<std::size_t> FakeTransport::batches() const {
  const std::lock_guard lock{mutex_};
  return batches_;
}

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const transport::Header& header : request.headers) {
    if (header.name == name) {
      return header.value;
    }
  }
  return {};
}

}  // namespace leangate::fakes
