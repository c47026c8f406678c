// Answers HTTP exchanges from memory, and remembers what was asked.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "webhook/transport/http_transport.h"

namespace leangate::fakes {

struct FakeAnswer {
  int status = 200;
  std::string body;
  std::vector<transport::Header> headers;  // names in lower case
  std::optional<transport::TransportError> error;
};

// Safe from any thread; handlers are called one at a time.
class FakeTransport final : public transport::HttpTransport {
 public:
  using Handler = std::function<FakeAnswer(const transport::HttpRequest&)>;

  // What answers this URL, whatever its query. Others get 404.
  void on(const std::string& url, Handler handler);
  void on(const std::string& url, FakeAnswer answer);

  std::vector<Result<transport::HttpResponse, transport::TransportError>> fetch_all(
      const std::vector<transport::Exchange>& exchanges) override;

  // Takes no time.
  bool pause(std::chrono::milliseconds span) override;
  // What happens in a pause, for example that a clock is turned; false ends it early.
  void on_pause(std::function<bool(std::chrono::milliseconds)> handler);
  std::vector<std::chrono::milliseconds> pauses() const;

  // In order; with their queries.
  std::vector<transport::HttpRequest> requests() const;
  // "GET https://host/path?query", one a request.
  std::vector<std::string> asked() const;
  // How many requests each fetch_all held.
  std::vector<std::size_t> batches() const;

 private:
  Result<transport::HttpResponse, transport::TransportError> answer(
      const transport::Exchange& exchange);

  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  std::vector<transport::HttpRequest> requests_;
  std::vector<std::size_t> batches_;
  std::vector<std::chrono::milliseconds> pauses_;
  std::function<bool(std::chrono::milliseconds)> pause_handler_;
};

// The first header of that name (as it was written), empty when there is none.
std::string header_of(const transport::HttpRequest& request, std::string_view name);

}  // namespace leangate::fakes
