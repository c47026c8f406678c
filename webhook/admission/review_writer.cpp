// The writing half of the AdmissionReview codec.
#include <nlohmann/json.hpp>

#include "webhook/admission/review.h"

namespace leangate::admission {

std::string write_review(const ReviewResponse& response) {
  using nlohmann::ordered_json;
  ordered_json answer{{"uid", response.uid}, {"allowed", response.allowed}};
  if (!response.allowed) {
    // With any other reason kubectl drops the webhook's name or the message.
    answer["status"] = {{"code", 403}, {"reason", "Forbidden"}, {"message", response.message}};
  }
  if (!response.warnings.empty()) {
    answer["warnings"] = response.warnings;
  }
  if (!response.audit_annotations.empty()) {
    answer["auditAnnotations"] = response.audit_annotations;
  }
  const ordered_json review{{"apiVersion", "admission.k8s.io/v1"},
                            {"kind", "AdmissionReview"},
                            {"response", std::move(answer)}};
  return review.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace leangate::admission
