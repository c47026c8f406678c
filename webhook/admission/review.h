// The AdmissionReview codec, admission.k8s.io/v1.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "policy/workload.h"

namespace leangate::admission {

// What lies between the parts that are judged costs time, not memory, and isn't counted: a storable
// pod may hold a million arguments, and must not escape by them.
struct ReviewLimits {
  std::size_t max_depth = 128;
  std::size_t max_kept_values = 50'000;     // a thousand images, twice, and labels in plenty
  std::size_t max_list_elements = 500'000;  // of containers, volumes and the like together
};

// What a review asks, without the objects around it.
struct ReviewRequest {
  std::string uid;
  std::string kind;       // request.kind.kind
  std::string operation;  // CREATE, UPDATE, DELETE, CONNECT
  std::string sub_resource;
  std::string name;
  std::string namespace_name;
  std::string user;
  bool dry_run = false;
  // Absent for kinds and operations in which no image is to be judged, and for updates of what is
  // being deleted, which must be able to lose its finalizers: such a review is allowed.
  std::optional<policy::Workload> workload;
};

// A body that is no review we can judge. What was read before the mistake is known; uid is empty
// when the body didn't even hold that.
struct ReviewError {
  enum class Kind {
    NotAReview,   // broken JSON, another kind, no uid: answered with an HTTP error
    Unsupported,  // AdmissionReview of another version: answered with an HTTP error
    Unreadable,   // a review with a uid that breaks off, is too deep or too large, or whose object
                  // has duplicate keys or impossible types: answered by the failure policy
  };
  Kind kind = Kind::NotAReview;
  std::string uid;
  std::string object_kind;
  std::string namespace_name;
  std::string operation;
  // False when what was read shows that no image is to be judged: such a review is allowed,
  // whatever the failure policy.
  bool may_bring_images = true;
  std::string detail;  // for people; holds nothing of the body
};

// Reads the body in one pass without building a document of it; only what is judged is kept.
// Unknown fields are ignored everywhere. `truncated` says that the body is only the beginning of a
// larger one: then the answer is always an error, with what could be known.
Result<ReviewRequest, ReviewError> read_review(std::string_view body,
                                               bool truncated = false,
                                               const ReviewLimits& limits = {});

struct ReviewResponse {
  std::string uid;
  bool allowed = true;
  std::string message;  // of a denial
  std::vector<std::string> warnings;
  std::map<std::string, std::string> audit_annotations;
};

// The AdmissionReview to send: v1, a denial with code 403 and reason Forbidden. Text that is no
// UTF-8 is replaced, never thrown about.
std::string write_review(const ReviewResponse& response);

}  // namespace leangate::admission
