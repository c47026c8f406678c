// AdmissionReview bodies, whole and cut off, up to the answer.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "webhook/admission/review.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leangate::admission;
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  const auto request = read_review(body);
  if (!request && request.error().kind == ReviewError::Kind::Unreadable &&
      request.error().uid.empty()) {
    std::abort();  // nobody could be answered
  }
  if (read_review(body, true).has_value()) {
    std::abort();  // a part is never judged as the whole
  }
  static_cast<void>(write_review({.uid = request ? request->uid : request.error().uid,
                                  .allowed = false,
                                  .message = std::string{body}}));
  return 0;
}
