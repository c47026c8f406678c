// The reading half of the AdmissionReview codec.
#include <utility>

#include <nlohmann/json.hpp>

#include "policy/image_reference.h"
#include "webhook/admission/json_members.h"
#include "webhook/admission/pruned_json.h"
#include "webhook/admission/review.h"
#include "webhook/admission/review_shape.h"
#include "webhook/admission/workload_images.h"

namespace leangate::admission {

namespace {

using nlohmann::json;
using policy::WorkloadKind;

constexpr std::string_view kGroup = "admission.k8s.io/";
constexpr std::string_view kVersion = "admission.k8s.io/v1";

// API servers write what tells who asks, and for what, before the objects; the user's groups are
// the only part of it that can be long. Of a body that is refused anyway no more is read.
constexpr std::size_t kHeadOfTruncated = 256u << 10;

// One more than a reference may have, so that a longer one is still refused for its length.
constexpr std::size_t kMaxString = policy::kMaxReferenceLength + 1;

// Whether a request can bring images into the cluster. Of a pod's sub-resources only
// ephemeralcontainers can (status, resize and binding don't touch an image; eviction and exec are
// no pods); a workload's (status, scale) never. What couldn't be read is given as empty.
bool may_bring_images(const ReviewRequest& request) {
  if (request.operation == "DELETE" || request.operation == "CONNECT") {
    return false;
  }
  if (request.kind.empty()) {
    return true;
  }
  const auto kind = workload_kind(request.kind);
  const bool is_ephemeral =
      kind == WorkloadKind::Pod && request.sub_resource == "ephemeralcontainers";
  return kind.has_value() && (request.sub_resource.empty() || is_ephemeral);
}

ReviewRequest read_head(const json& request) {
  const auto& dry_run = member(request, "dryRun");
  return {.uid = text_of(member(request, "uid")),
          .kind = text_of(member(member(request, "kind"), "kind")),
          .operation = text_of(member(request, "operation")),
          .sub_resource = text_of(member(request, "subResource")),
          .name = text_of(member(request, "name")),
          .namespace_name = text_of(member(request, "namespace")),
          .user = text_of(member(member(request, "userInfo"), "username")),
          .dry_run = dry_run.is_boolean() && dry_run.get<bool>(),
          .workload = std::nullopt};
}

Failure<ReviewError> failure(ReviewError::Kind kind,
                             const ReviewRequest& request,
                             std::string detail) {
  return Failure{ReviewError{.kind = kind,
                             .uid = request.uid,
                             .object_kind = request.kind,
                             .namespace_name = request.namespace_name,
                             .operation = request.operation,
                             .may_bring_images = may_bring_images(request),
                             .detail = std::move(detail)}};
}

// Why this can't be answered as a v1 AdmissionReview at all. A text that breaks off before it says
// what it is gets the benefit of the doubt when it has a uid.
std::optional<Failure<ReviewError>> find_stranger(const json& review,
                                                  const ReviewRequest& request,
                                                  const Result<void, std::string>& reading) {
  using Kind = ReviewError::Kind;
  const bool is_whole = reading.has_value();
  const auto kind = text_of(member(review, "kind"));
  const auto version = text_of(member(review, "apiVersion"));
  if ((is_whole || !kind.empty()) && kind != "AdmissionReview") {
    return failure(Kind::NotAReview, request, "the body is no AdmissionReview");
  }
  if ((is_whole || !version.empty()) && version != kVersion) {
    return version.starts_with(kGroup)
               ? failure(Kind::Unsupported, request, "only admission.k8s.io/v1 is served")
               : failure(Kind::NotAReview, request, "the body is no AdmissionReview");
  }
  if (request.uid.empty()) {
    return failure(
        Kind::NotAReview, request, is_whole ? "the review has no request.uid" : reading.error());
  }
  return std::nullopt;
}

bool is_being_deleted(const json& object) {
  return member(member(object, "metadata"), "deletionTimestamp").is_string();
}

// Reads the images of a request that may bring some. The error is for people.
Result<policy::Workload, std::string> read_images(const json& request, const ReviewRequest& head) {
  const auto kind = *workload_kind(head.kind);
  auto workload = read_workload(member(request, "object"), kind);
  if (!workload) {
    return workload;
  }
  if (head.operation == "UPDATE") {
    // An old object that can't be read makes every image a new one.
    if (const auto old = read_workload(member(request, "oldObject"), kind); old) {
      mark_known_images(*workload, *old);
    }
  }
  if (!head.name.empty()) {
    workload->name = head.name;
  }
  workload->namespace_name = head.namespace_name;
  return workload;
}

}  // namespace

Result<ReviewRequest, ReviewError> read_review(std::string_view body,
                                               bool truncated,
                                               const ReviewLimits& limits) {
  json review;
  const auto reading = read_pruned(truncated ? body.substr(0, kHeadOfTruncated) : body,
                                   review_shape(),
                                   {.max_depth = limits.max_depth,
                                    .max_kept = limits.max_kept_values,
                                    .max_elements = limits.max_list_elements,
                                    .max_string = kMaxString},
                                   review);
  const auto& request = member(review, "request");
  auto head = read_head(request);
  if (auto stranger = find_stranger(review, head, reading); stranger) {
    return *std::move(stranger);
  }
  if (truncated) {
    return failure(ReviewError::Kind::Unreadable, head, "the review is too large");
  }
  if (!reading) {
    return failure(ReviewError::Kind::Unreadable, head, reading.error());
  }
  if (!may_bring_images(head) ||
      (head.operation == "UPDATE" && is_being_deleted(member(request, "object")))) {
    return head;
  }
  if (head.kind.empty()) {
    return failure(ReviewError::Kind::Unreadable, head, "the review doesn't say its kind");
  }
  auto workload = read_images(request, head);
  if (!workload) {
    return failure(ReviewError::Kind::Unreadable, head, workload.error());
  }
  head.workload = *std::move(workload);
  return head;
}

}  // namespace leangate::admission
