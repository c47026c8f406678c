#include "webhook/registry/exchange.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "webhook/registry/limits.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using policy::LookupFailureKind;
using transport::BodySink;
using transport::HttpResponse;
using transport::TransportError;

// Keeps the body of a success and only counts that of anything else: what a failing server writes
// is neither shown nor logged.
class AnswerSink final : public BodySink {
 public:
  AnswerSink(std::size_t limit, const Clock& clock) : limit_{limit}, clock_{clock} {}

  bool begin(const HttpResponse& head) override {
    head_ = head;
    began_ = clock_.steady_now();
    return !exceeds(declared_length(head));
  }

  bool write(std::string_view data) override {
    received_ += data.size();
    if (exceeds(received_)) {
      return false;
    }
    if (is_success()) {
      body_.append(data);
    }
    return true;
  }

  bool is_success() const { return head_.status / 100 == 2; }
  bool too_large() const { return too_large_; }
  const HttpResponse& head() const { return head_; }
  std::chrono::steady_clock::time_point began() const { return began_; }
  std::string take_body() { return std::move(body_); }

 private:
  static std::uint64_t declared_length(const HttpResponse& head) {
    const std::string_view text = head.header("content-length");
    std::uint64_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    return length;
  }

  bool exceeds(std::uint64_t bytes) {
    too_large_ = too_large_ || bytes > (is_success() ? limit_ : kMaxErrorBytes);
    return too_large_;
  }

  const std::size_t limit_;
  const Clock& clock_;
  HttpResponse head_;
  std::chrono::steady_clock::time_point began_;
  std::uint64_t received_ = 0;
  bool too_large_ = false;
  std::string body_;
};

LookupFailureKind kind_of(TransportError::Kind kind) {
  switch (kind) {
    case TransportError::Kind::Timeout:
      return LookupFailureKind::Timeout;
    case TransportError::Kind::Refused:
      return LookupFailureKind::Refused;
    case TransportError::Kind::Protocol:
      return LookupFailureKind::Unreadable;
    case TransportError::Kind::Overloaded:
      return LookupFailureKind::Overloaded;
    case TransportError::Kind::Resolve:
    case TransportError::Kind::Connect:
    case TransportError::Kind::Tls:
    case TransportError::Kind::Aborted:
      break;
  }
  return LookupFailureKind::Unreachable;
}

std::string_view method_name(transport::HttpRequest::Method method) {
  switch (method) {
    case transport::HttpRequest::Method::Head:
      return "HEAD";
    case transport::HttpRequest::Method::Post:
      return "POST";
    case transport::HttpRequest::Method::Get:
      break;
  }
  return "GET";
}

// What the operator can do about it, where it is up to him.
std::string_view remedy_for(TransportError::Kind kind) {
  return kind == TransportError::Kind::Refused
             ? "; if leangate may go there, list the host in registries.hosts"
               " (allowPrivateNetwork: true for a private address)"
             : "";
}

Result<Answer, RegistryError> answer_of(const Question& question,
                                        const Result<HttpResponse, TransportError>& result,
                                        AnswerSink& sink) {
  if (result) {
    return Answer{*result, sink.take_body()};
  }
  if (sink.too_large() && !sink.is_success()) {
    return Answer{sink.head(), {}};  // the status is known, the rest was of no use
  }
  if (sink.too_large()) {
    return Failure{RegistryError{LookupFailureKind::Unreadable,
                                 describe(question.request) + " answered with more than " +
                                     std::to_string(question.limit) + " bytes"}};
  }
  return Failure{RegistryError{kind_of(result.error().kind),
                               describe(question.request) + ": " +
                                   printable(result.error().detail) +
                                   std::string{remedy_for(result.error().kind)}}};
}

}  // namespace

std::vector<Result<Answer, RegistryError>> Exchanger::ask_all(
    const std::vector<Question>& questions) {
  std::vector<AnswerSink> sinks;
  sinks.reserve(questions.size());
  std::vector<transport::Exchange> exchanges;
  exchanges.reserve(questions.size());
  for (const Question& question : questions) {
    sinks.emplace_back(question.limit, clock_);
    exchanges.push_back({&question.request, &sinks.back()});
  }
  const auto asked = clock_.steady_now();
  const std::vector<Result<HttpResponse, TransportError>> results = transport_.fetch_all(exchanges);
  const auto finished = clock_.steady_now();

  std::vector<Result<Answer, RegistryError>> answers;
  answers.reserve(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i) {
    AnswerSink& sink = sinks[i];
    const bool answered = sink.head().status != 0;
    metrics_.count_registry_request(questions[i].registry,
                                    method_name(questions[i].request.method),
                                    sink.head().status,
                                    (answered ? sink.began() : finished) - asked);
    answers.push_back(answer_of(questions[i], results[i], sink));
  }
  return answers;
}

Result<Answer, RegistryError> Exchanger::ask(const Question& question) {
  return std::move(ask_all({question}).front());
}

std::string describe(const transport::HttpRequest& request) {
  return std::string{method_name(request.method)} + " " + printable(request.url.redacted());
}

}  // namespace leangate::registry
