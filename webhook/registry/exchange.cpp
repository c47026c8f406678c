#include "webhook/registry/exchange.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>

#include "webhook/registry/limits.h"
#include "webhook/registry/retry_after.h"
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
    return Answer{*result, sink.take_body(), {}};
  }
  if (sink.too_large() && !sink.is_success()) {
    return Answer{sink.head(), {}, {}};  // the status is known, the rest was of no use
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

using Sign = HostHealth::Sign;

// Less than a host may take to connect: whoever ran out of time earlier had too little of it.
constexpr std::chrono::seconds kFairChance{3};

// 500 is about one request, and a tenant who knows how to cause it must not be able to close the
// registry for others. 501 is the answer to a method.
Sign sign_of(int status) {
  if (status == 500) {
    return Sign::Unclear;
  }
  return status > 501 ? Sign::Failing : Sign::Alive;
}

Sign sign_of(TransportError::Kind error, std::chrono::steady_clock::duration took) {
  switch (error) {
    case TransportError::Kind::Resolve:
    case TransportError::Kind::Connect:
    case TransportError::Kind::Tls:
    case TransportError::Kind::Protocol:
      return Sign::Failing;
    case TransportError::Kind::Timeout:
      return took >= kFairChance ? Sign::Failing : Sign::Unclear;
    case TransportError::Kind::Refused:
    case TransportError::Kind::Aborted:
    case TransportError::Kind::Overloaded:
      break;
  }
  return Sign::Unclear;
}

HostHealth::Caller caller_of(const Question& question) {
  const transport::HttpRequest& request = question.request;
  return {request.url.origin(),
          question.credential,
          request.access != nullptr && request.access->configured,
          request.method == transport::HttpRequest::Method::Head};
}

RegistryError not_asked(const Question& question, const HostHealth::Refusal& refusal) {
  const std::string& host = question.request.url.host;
  RegistryError error;
  error.detail = describe(question.request) + " was not asked: " + host;
  error.retry_after = refusal.left;
  if (refusal.reason == HostHealth::Refusal::Reason::CoolDown) {
    error.kind = LookupFailureKind::RateLimited;
    error.detail += " answered 429 before, too many requests" + retry_hint(refusal.left) +
                    "; credentials raise the limit of most registries";
  } else {
    error.kind = LookupFailureKind::Unreachable;
    error.detail += " failed several times in a row" + retry_hint(refusal.left) +
                    "; see that it is up and can be reached from leangate";
  }
  return error;
}

// A quota of pulls, which HEAD doesn't count against, comes with its numbers; the limit on all
// requests of an address doesn't (docs.docker.com, "Docker Hub usage and limits").
bool is_pull_quota(const Question& question, const HttpResponse& head) {
  return question.request.method == transport::HttpRequest::Method::Get &&
         parse_rate_remaining(head.header("ratelimit-remaining")).has_value();
}

double random_fraction() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>{}(engine);
}

}  // namespace

// A question on its way to an answer.
struct Exchanger::Inquiry {
  const Question& question;
  HostHealth::Caller caller;
  HostHealth::Permit permit = {};
  int tries = 0;
  std::optional<Result<Answer, RegistryError>> outcome = {};  // of the last try
  std::optional<std::chrono::milliseconds> wait = {};  // before the next try, if there is one
};

Exchanger::Exchanger(transport::HttpTransport& transport,
                     observability::Metrics& metrics,
                     const Clock& clock)
    : Exchanger{transport, metrics, clock, &random_fraction} {}

Exchanger::Exchanger(transport::HttpTransport& transport,
                     observability::Metrics& metrics,
                     const Clock& clock,
                     Random random)
    : transport_{transport},
      metrics_{metrics},
      clock_{clock},
      random_{std::move(random)},
      health_{clock} {}

std::vector<Result<Answer, RegistryError>> Exchanger::ask_all(
    const std::vector<Question>& questions) {
  std::vector<Inquiry> inquiries;
  inquiries.reserve(questions.size());
  std::vector<Inquiry*> open;
  for (const Question& question : questions) {
    inquiries.push_back({question, caller_of(question)});
    open.push_back(&inquiries.back());
  }
  while (true) {
    admit(open);
    if (open.empty()) {
      break;
    }
    fetch(open);
    std::chrono::milliseconds wait{0};
    for (const Inquiry* inquiry : open) {
      wait = std::max(wait, inquiry->wait.value_or(wait));
    }
    std::erase_if(open, [](const Inquiry* inquiry) { return !inquiry->wait; });
    if (open.empty() || !transport_.pause(wait)) {
      break;
    }
  }
  std::vector<Result<Answer, RegistryError>> answers;
  answers.reserve(inquiries.size());
  for (Inquiry& inquiry : inquiries) {
    answers.push_back(*std::move(inquiry.outcome));
  }
  return answers;
}

// Takes out the questions that may not be asked now. They are left with what they learnt before.
void Exchanger::admit(std::vector<Inquiry*>& open) {
  std::erase_if(open, [this](Inquiry* inquiry) {
    const Result<HostHealth::Permit, HostHealth::Refusal> permit = health_.admit(inquiry->caller);
    if (permit) {
      inquiry->permit = *permit;
    } else if (!inquiry->outcome) {
      inquiry->outcome = Failure{not_asked(inquiry->question, permit.error())};
    }
    return !permit;
  });
}

void Exchanger::fetch(const std::vector<Inquiry*>& open) {
  std::vector<AnswerSink> sinks;
  sinks.reserve(open.size());
  std::vector<transport::Exchange> exchanges;
  exchanges.reserve(open.size());
  for (const Inquiry* inquiry : open) {
    sinks.emplace_back(inquiry->question.limit, clock_);
    exchanges.push_back({&inquiry->question.request, &sinks.back()});
    if (inquiry->tries > 0) {
      metrics_.count_registry_retry(inquiry->question.registry);
    }
  }
  const auto asked = clock_.steady_now();
  const std::vector<Result<HttpResponse, TransportError>> results = transport_.fetch_all(exchanges);
  const auto finished = clock_.steady_now();

  for (std::size_t i = 0; i < open.size(); ++i) {
    Inquiry& inquiry = *open[i];
    AnswerSink& sink = sinks[i];
    const bool answered = sink.head().status != 0;
    metrics_.count_registry_request(inquiry.question.registry,
                                    method_name(inquiry.question.request.method),
                                    sink.head().status,
                                    (answered ? sink.began() : finished) - asked);
    inquiry.outcome = answer_of(inquiry.question, results[i], sink);
    Attempt attempt{inquiry.question.request.method, ++inquiry.tries};
    Sign sign = Sign::Alive;
    if (*inquiry.outcome) {
      attempt.status = sink.head().status;
      sign = sign_of(attempt.status);
    } else {
      attempt.error = results[i].error().kind;
      sign = sink.too_large() ? Sign::Alive : sign_of(attempt.error, finished - asked);
    }
    digest(inquiry, attempt, sign);
  }
}

// What one try means for the next one, and for other lookups.
void Exchanger::digest(Inquiry& inquiry, Attempt attempt, Sign sign) {
  const Question& question = inquiry.question;
  Answer* answer = *inquiry.outcome ? &**inquiry.outcome : nullptr;
  if (answer != nullptr) {
    attempt.retry_after = parse_retry_after(answer->head.header("retry-after"), clock_.utc_now());
    if (const auto left = parse_rate_remaining(answer->head.header("ratelimit-remaining"))) {
      metrics_.set_registry_rate_remaining(question.registry, *left);
    }
  }
  health_.settle(inquiry.caller, inquiry.permit, sign, attempt.retry_after);
  inquiry.wait = wait_before_retry(attempt, time_left(question.request.deadline), random_());
  // A registry that says how long is believed at once; one that doesn't, after another try.
  if (answer != nullptr && attempt.status == 429 && (attempt.retry_after || !inquiry.wait)) {
    answer->retry_after = health_.cool_down(
        inquiry.caller, attempt.retry_after, is_pull_quota(question, answer->head));
  }
}

Result<Answer, RegistryError> Exchanger::ask(const Question& question) {
  return std::move(ask_all({question}).front());
}

// Long enough that a controller that retries every second costs next to nothing; short enough for
// somebody who has just pushed the image or mended the credential.
std::chrono::seconds holds_for(const Answer& answer) {
  switch (answer.status()) {
    case 401:
    case 403:
      return std::chrono::seconds{10};
    case 404:
      return std::chrono::seconds{30};
    default:
      return answer.retry_after;
  }
}

std::string retry_hint(std::chrono::seconds span) {
  return span.count() > 0 ? "; retry in " + std::to_string(span.count()) + " s" : std::string{};
}

std::string describe(const transport::HttpRequest& request) {
  return std::string{method_name(request.method)} + " " + printable(request.url.redacted());
}

}  // namespace leangate::registry
