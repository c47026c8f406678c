// Review -> workload -> facts -> verdict -> response: the border behind which nothing throws.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/evaluate.h"
#include "policy/reference_data.h"
#include "webhook/admission/cluster_facts.h"
#include "webhook/admission/review.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/observability/metrics.h"
#include "webhook/policies/policy_store.h"
#include "webhook/support/clock.h"

namespace leangate::admission {

struct ReviewerOptions {
  policy::Enforcement enforcement = policy::Enforcement::Enforce;
  // What the nodes run; a workload's own constraints select among them and the worst one decides.
  // Never empty unless all_platforms.
  std::vector<policy::Platform> platforms;
  bool all_platforms = false;  // `check --platform all`: whatever the image offers
  std::set<std::string> exception_namespaces;
  std::string unqualified_host = "docker.io";
  std::chrono::milliseconds review_timeout{10'000};
  // See EvaluationContext::failure_policy; `leangate check` sets Ignore.
  std::optional<policy::FailurePolicy> failure_policy;
  // Registry hosts, as ImageReference::domain spells them, that the user of the command named
  // (`check IMAGE`, `--plain-http`): these may be private or loopback. Empty in the webhook, where
  // every host comes from somebody else.
  std::set<std::string> user_hosts;
};

// One answer over HTTP.
struct ReviewAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// What came over HTTP.
struct ReviewCall {
  std::string_view body;
  bool truncated = false;    // the body went on beyond the limit and was not kept
  std::string_view timeout;  // the value of ?timeout=, empty when there was none
  std::chrono::steady_clock::time_point received;
};

// The base images whose layers are known at this moment.
using ReferenceSource = std::function<std::shared_ptr<const policy::ReferenceData>()>;

struct ReviewerParts {
  const policies::PolicyStore& policies;
  inspection::ImageInspector& inspector;
  const ClusterFacts& cluster;
  const Clock& clock;
  observability::Metrics& metrics;
  ReferenceSource reference;
};

// The time a review may take: the own limit, or, if that is smaller, `?timeout=` (a Go duration)
// less a margin of 500 ms, at most half of it, in which the answer travels. A text that is no
// duration says nothing.
std::chrono::milliseconds review_budget(std::string_view timeout,
                                        std::chrono::milliseconds own_limit);

// Safe from any thread. The parts must outlive it.
class Reviewer {
 public:
  Reviewer(ReviewerParts parts, ReviewerOptions options);

  // Always answers; a v1 review with a uid always gets a 200 with that uid. Anything else gets a
  // 400 with a sentence that repeats nothing of the body.
  ReviewAnswer answer(const ReviewCall& call) const;

  // The verdict alone, for the command line: the same evaluation with the same lookups.
  policy::Verdict judge(const policy::Workload& workload, Deadline deadline) const;

 private:
  ReviewAnswer answer_read(const ReviewRequest& request, const ReviewCall& call) const;
  ReviewAnswer answer_unread(const ReviewError& error, const ReviewCall& call) const;
  std::vector<policy::ImageEvidence> look_up(const policy::Workload& workload,
                                             const policy::EvaluationContext& context,
                                             Deadline deadline) const;

  ReviewerParts parts_;
  ReviewerOptions options_;
};

}  // namespace leangate::admission
