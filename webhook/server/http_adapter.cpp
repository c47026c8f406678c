#include "webhook/server/http_adapter.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <httplib.h>

namespace leangate::server {
namespace {

constexpr const char* kPath = "/validate";
constexpr const char* kPlainText = "text/plain; charset=utf-8";

// What goes past httplib: its Request is a copy, and of a body of 32 MiB one is enough.
struct Exchange {
  HttpRequest request;
  std::chrono::steady_clock::time_point received;
  bool keep_alive = true;
};

// httplib runs a request on one thread from its first line to its answer, and its handlers see
// nothing of the caller.
thread_local Exchange* exchange_of_this_thread = nullptr;

// Serves the head of a request from memory and collects the answer.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string input) : input_{std::move(input)} {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, size_t size) override {
    const std::size_t count = std::min(size, input_.size() - read_);
    std::memcpy(into, input_.data() + read_, count);
    read_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  std::string take_output() { return std::move(output_); }

 private:
  std::string input_;
  std::size_t read_ = 0;
  std::string output_;
};

void set_plain(httplib::Response& response, int status, const char* text) {
  response.status = status;
  response.set_content(text, kPlainText);
}

}  // namespace

// Derives because process_request() is the one entrance that takes a stream of one's own.
class HttpAdapter::Router final : public httplib::Server {
 public:
  Router(const ServerOptions& options, ValidateHandler handler, const std::atomic<bool>& draining)
      : handler_{std::move(handler)}, draining_{draining} {
    // Only for the Keep-Alive field that httplib writes: the connection is kept elsewhere.
    set_keep_alive_timeout(
        std::chrono::duration_cast<std::chrono::seconds>(options.idle_timeout).count());
    set_keep_alive_max_count(std::numeric_limits<std::int32_t>::max());
    set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      return turn_away(request, response) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
    });
    Post(kPath, [this](const httplib::Request& request, httplib::Response& response) {
      validate(request, response);
    });
  }

  std::string serve(const std::string& head, bool keep_alive) {
    MemoryStream stream{head};
    process(*this, stream, keep_alive);
    return stream.take_output();
  }

 private:
  // 0.18 took the addresses out of the stream into the parameters.
  template <typename Self>
  static void process(Self& self, httplib::Stream& stream, bool keep_alive) {
    bool closed = false;
    const std::function<void(httplib::Request&)> nothing = [](httplib::Request&) {};
    if constexpr (requires { self.process_request(stream, !keep_alive, closed, nothing); }) {
      self.process_request(stream, !keep_alive, closed, nothing);
    } else {
      self.process_request(stream, "", 0, "", 0, !keep_alive, closed, nothing);
    }
  }

  // httplib knows no 405, and its own 404 has no body.
  static bool turn_away(const httplib::Request& request, httplib::Response& response) {
    if (request.path != kPath) {
      set_plain(response, 404, "not found\n");
      return true;
    }
    if (request.method != "POST") {
      response.set_header("Allow", "POST");
      set_plain(response, 405, "reviews are sent by POST\n");
      return true;
    }
    return false;
  }

  void validate(const httplib::Request& request, httplib::Response& response) const {
    Exchange& exchange = *exchange_of_this_thread;
    const ValidateAnswer answer = handler_({.body = std::move(exchange.request.body),
                                            .truncated = exchange.request.truncated,
                                            .timeout = request.get_param_value("timeout"),
                                            .received = exchange.received});
    response.status = answer.status;
    response.set_content(answer.body, answer.content_type);
    if (exchange.keep_alive && draining_) {
      exchange.keep_alive = false;
      response.set_header("Connection", "close");
    }
  }

  const ValidateHandler handler_;
  const std::atomic<bool>& draining_;
};

HttpAdapter::HttpAdapter(const ServerOptions& options, ValidateHandler handler)
    : router_{std::make_unique<Router>(options, std::move(handler), draining_)} {}

HttpAdapter::~HttpAdapter() = default;

HttpAnswer HttpAdapter::respond(HttpRequest request,
                                std::chrono::steady_clock::time_point received,
                                bool keep_alive) {
  try {
    // Nothing but the request line: no field of the client's reaches httplib, and so none of its
    // features (compression, ranges, forms) that no API server needs.
    const std::string head =
        fmt::format("{} {} HTTP/1.1\r\nContent-Length: 0\r\n\r\n", request.method, request.target);
    Exchange exchange{std::move(request), received, keep_alive && !draining_};
    exchange_of_this_thread = &exchange;
    std::string bytes = router_->serve(head, exchange.keep_alive);
    exchange_of_this_thread = nullptr;
    return {std::move(bytes), exchange.keep_alive};
  } catch (...) {
    exchange_of_this_thread = nullptr;
    return {};
  }
}

std::string refusal_answer(int status) {
  const std::string body = fmt::format("the request was refused ({})\n", status);
  return fmt::format(
      "HTTP/1.1 {} Refused\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: "
      "close\r\n\r\n{}",
      status,
      kPlainText,
      body.size(),
      body);
}

}  // namespace leangate::server
