#include "webhook/admission/review_record.h"

#include <string>
#include <string_view>

#include "policy/duration.h"
#include "policy/explain.h"
#include "webhook/observability/logging.h"

namespace leangate::admission {

namespace {

using observability::log_info;
using observability::log_warn;

// Names in Kubernetes have at most 253 characters; user names may have more and are cut.
constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxDetail = 500;
// The line stays readable, and below what log collectors cut.
constexpr std::size_t kMaxList = 2'000;

std::string shown(std::string_view name) {
  return policy::one_line(name, kMaxName);
}

std::string milliseconds(std::chrono::steady_clock::duration took) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

void append(std::string& list, std::string_view item) {
  list += list.empty() ? "" : ", ";
  list += item;
}

std::string policies_of(const policy::Verdict& verdict) {
  std::string list;
  for (const auto& name : verdict.policies) {
    append(list, name);
  }
  return policy::one_line(list, kMaxList);
}

// "lean-default/total-size Deny, lean-default/few-layers Audit"; under DryRun what would have been.
std::string findings_of(const policy::Verdict& verdict) {
  std::string list;
  for (const auto& image : verdict.images) {
    for (const auto& finding : image.findings) {
      append(list,
             finding.policy + "/" + finding.rule + " " +
                 std::string{policy::name_of(finding.intended_action())});
      if (list.size() > kMaxList) {
        return policy::one_line(list, kMaxList);
      }
    }
  }
  return policy::one_line(list, kMaxList);
}

// Metrics carry no namespaces: "ml/tight", a LeanImagePolicy, counts as "tight".
std::string_view metric_name(std::string_view policy) {
  const auto slash = policy.find('/');
  return slash == std::string_view::npos ? policy : policy.substr(slash + 1);
}

void record_image(const ReviewRequest& request,
                  const policy::ImageVerdict& image,
                  bool enforced,
                  observability::Metrics& metrics) {
  for (const auto& finding : image.findings) {
    metrics.count_finding(metric_name(finding.policy),
                          finding.rule,
                          policy::name_of(finding.intended_action()),
                          enforced);
  }
  if (image.stale_since) {
    log_warn("image was judged by what its registry last said",
             {{"uid", shown(request.uid)},
              {"image", policy::one_line(image.reference, kMaxDetail)},
              {"stale_since", policy::format_instant(*image.stale_since)}});
  }
  if (image.failure) {
    log_warn("image could not be looked up",
             {{"uid", shown(request.uid)},
              {"image", policy::one_line(image.reference, kMaxDetail)},
              {"failure", std::string{policy::name_of(image.failure->kind)}},
              {"detail", policy::one_line(image.failure->detail, kMaxDetail)}});
  }
}

}  // namespace

void record_review(const ReviewRequest& request,
                   const policy::Verdict& verdict,
                   bool enforced,
                   std::chrono::steady_clock::duration took,
                   observability::Metrics& metrics) {
  const auto decision = policy::name_of(verdict.decision);
  metrics.count_review(request.kind, request.operation, decision, took);
  for (const auto& image : verdict.images) {
    record_image(request, image, enforced, metrics);
  }
  log_info("review",
           {{"uid", shown(request.uid)},
            {"namespace", shown(request.namespace_name)},
            {"kind", shown(request.kind)},
            {"name", shown(request.name)},
            {"operation", shown(request.operation)},
            {"user", shown(request.user)},
            {"decision", std::string{decision}},
            {"intended", std::string{policy::name_of(verdict.intended_decision)}},
            {"policies", policies_of(verdict)},
            {"findings", findings_of(verdict)},
            {"duration_ms", milliseconds(took)}});
}

void record_unread(const ReviewError& error,
                   std::string_view decision,
                   std::chrono::steady_clock::duration took,
                   observability::Metrics& metrics) {
  metrics.count_review(error.object_kind, error.operation, decision, took);
  log_warn("review could not be read",
           {{"uid", shown(error.uid)},
            {"namespace", shown(error.namespace_name)},
            {"kind", shown(error.object_kind)},
            {"operation", shown(error.operation)},
            {"decision", std::string{decision}},
            {"detail", policy::one_line(error.detail, kMaxDetail)},
            {"duration_ms", milliseconds(took)}});
}

}  // namespace leangate::admission
