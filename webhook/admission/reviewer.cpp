#include "webhook/admission/reviewer.h"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include "policy/explain.h"
#include "policy/selection.h"
#include "webhook/admission/platform_choice.h"
#include "webhook/admission/review_record.h"
#include "webhook/observability/logging.h"

namespace leangate::admission {

namespace {

using inspection::InspectionRequest;
using policy::FailurePolicy;

std::chrono::steady_clock::duration age_of(const ReviewCall& call) {
  return std::chrono::steady_clock::now() - call.received;
}

ReviewAnswer as_review(const ReviewResponse& response) {
  return {.body = write_review(response)};
}

ReviewAnswer as_text(int status, std::string text) {
  return {.status = status, .content_type = "text/plain", .body = std::move(text) + "\n"};
}

ReviewResponse respond(const std::string& uid, const policy::Verdict& verdict) {
  return {.uid = uid,
          .allowed = verdict.decision != policy::Decision::Deny,
          .message = policy::denial_message(verdict),
          .warnings = policy::warnings(verdict),
          .audit_annotations = policy::audit_annotations(verdict)};
}

std::string unread_sentence(const ReviewError& error) {
  constexpr std::size_t kShownDetail = 160;
  return "leangate could not judge the images of this request: " +
         policy::one_line(error.detail, kShownDetail);
}

// What the failure policy makes of a review that can't be judged.
ReviewResponse respond_unread(const ReviewError& error,
                              FailurePolicy failure_policy,
                              policy::Enforcement enforcement) {
  ReviewResponse response{.uid = error.uid};
  if (!error.may_bring_images) {
    return response;
  }
  response.audit_annotations["verdict"] = "error";
  const auto sentence = unread_sentence(error);
  const bool denies = failure_policy == FailurePolicy::Fail;
  if (enforcement == policy::Enforcement::DryRun) {
    if (denies) {
      response.audit_annotations["would-deny"] = sentence;
    }
  } else if (denies) {
    response.allowed = false;
    response.message = sentence + " (failurePolicy: Fail)";
    response.audit_annotations["verdict"] = "deny";
  } else {
    response.warnings = {sentence};
  }
  return response;
}

// A set of references without duplicates, and where each image's stands in it.
struct Questions {
  std::vector<InspectionRequest> requests;
  std::vector<std::optional<std::size_t>> request_of_image;  // absent: nothing to ask
};

Questions ask(const policy::Workload& workload,
              const policy::EvaluationContext& context,
              const InspectionRequest& blank,
              const std::set<std::string>& user_hosts) {
  Questions questions;
  std::map<std::string, std::size_t> asked;
  for (const auto& image : workload.images) {
    auto& position = questions.request_of_image.emplace_back();
    auto reference = policy::read_reference(image.image, context);
    if (!reference || !policy::needs_lookup(workload, image, context)) {
      continue;
    }
    const auto [entry, is_new] = asked.emplace(reference->str(), questions.requests.size());
    position = entry->second;
    if (is_new) {
      auto& request = questions.requests.emplace_back(blank);
      request.host_is_users_word = user_hosts.contains(reference->domain);
      request.reference = *std::move(reference);
    }
  }
  return questions;
}

}  // namespace

Reviewer::Reviewer(ReviewerParts parts, ReviewerOptions options)
    : parts_{std::move(parts)}, options_{std::move(options)} {}

ReviewAnswer Reviewer::answer(const ReviewCall& call) const {
  try {
    const auto request = read_review(call.body, call.truncated);
    if (!request) {
      return answer_unread(request.error(), call);
    }
    try {
      return answer_read(*request, call);
    } catch (const std::exception& exception) {
      observability::log_error("a review failed", {{"why", exception.what()}});
      return answer_unread({.kind = ReviewError::Kind::Unreadable,
                            .uid = request->uid,
                            .object_kind = request->kind,
                            .namespace_name = request->namespace_name,
                            .operation = request->operation,
                            .may_bring_images = request->workload.has_value(),
                            .detail = "internal error"},
                           call);
    }
  } catch (const std::exception&) {
    return as_text(500, "internal error");
  }
}

ReviewAnswer Reviewer::answer_read(const ReviewRequest& request, const ReviewCall& call) const {
  policy::Verdict verdict;
  if (request.workload) {
    auto workload = *request.workload;
    workload.namespace_labels = parts_.cluster.namespace_labels(workload.namespace_name);
    verdict = judge(workload, call.received + review_budget(call.timeout, options_.review_timeout));
  }
  const bool enforced = options_.enforcement == policy::Enforcement::Enforce;
  record_review(request, verdict, enforced, age_of(call), parts_.metrics);
  return as_review(respond(request.uid, verdict));
}

ReviewAnswer Reviewer::answer_unread(const ReviewError& error, const ReviewCall& call) const {
  if (error.kind != ReviewError::Kind::Unreadable) {
    record_unread(error, "error", age_of(call), parts_.metrics);
    return as_text(400, error.detail);
  }
  const auto failure_policy =
      policy::strictest_failure_policy(*parts_.policies.snapshot(), error.namespace_name);
  const auto response = respond_unread(error, failure_policy, options_.enforcement);
  const auto* decision = !response.allowed ? "deny" : error.may_bring_images ? "error" : "allow";
  record_unread(error, decision, age_of(call), parts_.metrics);
  return as_review(response);
}

policy::Verdict Reviewer::judge(const policy::Workload& workload, Deadline deadline) const {
  const auto policies = parts_.policies.snapshot();
  const auto reference = parts_.reference();
  const policy::EvaluationContext context{.policies = *policies,
                                          .reference = *reference,
                                          .now = parts_.clock.utc_now(),
                                          .enforcement = options_.enforcement,
                                          .exception_namespaces = options_.exception_namespaces,
                                          .unqualified_host = options_.unqualified_host,
                                          .failure_policy = options_.failure_policy};
  return policy::evaluate(workload, look_up(workload, context, deadline), context);
}

std::vector<policy::ImageEvidence> Reviewer::look_up(const policy::Workload& workload,
                                                     const policy::EvaluationContext& context,
                                                     Deadline deadline) const {
  InspectionRequest blank;
  blank.platforms.all = options_.all_platforms;
  if (!options_.all_platforms) {
    blank.platforms.platforms = platforms_of(workload.constraints, options_.platforms);
  }
  const auto questions = ask(workload, context, blank, options_.user_hosts);
  std::vector<inspection::Inspection> inspections;
  if (!questions.requests.empty()) {
    inspections = parts_.inspector.inspect_all(questions.requests, deadline);
  }
  std::vector<policy::ImageEvidence> evidence;
  evidence.reserve(questions.request_of_image.size());
  for (const auto& position : questions.request_of_image) {
    evidence.push_back(position ? *inspections.at(*position)
                                : policy::ImageEvidence{.was_looked_up = false});
  }
  return evidence;
}

}  // namespace leangate::admission
