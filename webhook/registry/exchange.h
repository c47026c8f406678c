// One question to a registry, a token server or a blob store, and the whole bounded answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "policy/result.h"
#include "webhook/observability/metrics.h"
#include "webhook/registry/host_health.h"
#include "webhook/registry/registry_error.h"
#include "webhook/registry/retry_policy.h"
#include "webhook/support/clock.h"
#include "webhook/transport/http_transport.h"

namespace leangate::registry {

struct Question {
  transport::HttpRequest request;
  std::size_t limit = 0;  // of a successful answer's body; others are read for courtesy only
  std::string registry;   // the metric's label: a host
  // Of the credential that the question is asked for (fingerprint_of); empty: anonymously.
  std::string credential = {};
};

struct Answer {
  transport::HttpResponse head;
  std::string body;  // of a status 2xx, else empty
  // Of a status 429: how long the registry won't be asked for this credential.
  std::chrono::seconds retry_after{0};

  int status() const { return head.status; }
};

// Within the budget of each question: what may pass is asked again, at most twice; hosts that are
// down, or limit whom the question is for, aren't asked at all. Safe from any thread; keeps what it
// learns of hosts for all lookups.
class Exchanger {
 public:
  using Random = std::function<double()>;  // in [0, 1); called from any thread

  // The references must outlive it.
  Exchanger(transport::HttpTransport& transport,
            observability::Metrics& metrics,
            const Clock& clock);
  Exchanger(transport::HttpTransport& transport,
            observability::Metrics& metrics,
            const Clock& clock,
            Random random);

  // Asks all at once; answers in the order of the questions. Every exchange is counted. Errors name
  // method and URL.
  std::vector<Result<Answer, RegistryError>> ask_all(const std::vector<Question>& questions);
  Result<Answer, RegistryError> ask(const Question& question);

 private:
  struct Inquiry;

  void admit(std::vector<Inquiry*>& open);
  void fetch(const std::vector<Inquiry*>& open);
  void digest(Inquiry& inquiry, Attempt attempt, HostHealth::Sign sign);

  transport::HttpTransport& transport_;
  observability::Metrics& metrics_;
  const Clock& clock_;
  const Random random_;
  HostHealth health_;
};

// How long the same question would be answered the same: zero where asking again may help at once.
std::chrono::seconds holds_for(const Answer& answer);

// "; retry in 42 s"; nothing for no time.
std::string retry_hint(std::chrono::seconds span);

// "GET https://host/path", without the query.
std::string describe(const transport::HttpRequest& request);

}  // namespace leangate::registry
