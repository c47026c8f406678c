// One question to a registry, a token server or a blob store, and the whole bounded answer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/result.h"
#include "webhook/observability/metrics.h"
#include "webhook/registry/registry_error.h"
#include "webhook/support/clock.h"
#include "webhook/transport/http_transport.h"

namespace leangate::registry {

struct Question {
  transport::HttpRequest request;
  std::size_t limit = 0;  // of a successful answer's body; others are read for courtesy only
  std::string registry;   // the metric's label: a host
};

struct Answer {
  transport::HttpResponse head;
  std::string body;  // of a status 2xx, else empty

  int status() const { return head.status; }
};

class Exchanger {
 public:
  // The references must outlive it.
  Exchanger(transport::HttpTransport& transport,
            observability::Metrics& metrics,
            const Clock& clock)
      : transport_{transport}, metrics_{metrics}, clock_{clock} {}

  // Asks all at once; answers in the order of the questions. Every exchange is counted. Errors name
  // method and URL.
  std::vector<Result<Answer, RegistryError>> ask_all(const std::vector<Question>& questions);
  Result<Answer, RegistryError> ask(const Question& question);

 private:
  transport::HttpTransport& transport_;
  observability::Metrics& metrics_;
  const Clock& clock_;
};

// "GET https://host/path", without the query.
std::string describe(const transport::HttpRequest& request);

}  // namespace leangate::registry
