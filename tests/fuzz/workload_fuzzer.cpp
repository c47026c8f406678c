// Kubernetes objects of every kind, as manifests bring them and pruned as reviews bring them: both
// must give the same images.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "webhook/admission/pruned_json.h"
#include "webhook/admission/review_shape.h"
#include "webhook/admission/workload_images.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leangate;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto whole = nlohmann::json::parse(text, nullptr, false);
  nlohmann::json pruned;
  const auto reading = admission::read_pruned(
      text, admission::workload_shape(), {128, 1'000'000, 1'000'000, 1'000'000}, pruned);
  if (whole.is_discarded() || !reading || !pruned.is_object()) {
    return 0;
  }
  for (const auto* name : {"Pod", "Deployment", "CronJob", "PodTemplate"}) {
    const auto kind = *admission::workload_kind(name);
    const auto from_whole = admission::read_workload(whole, kind);
    const auto from_pruned = admission::read_workload(pruned, kind);
    if (from_whole.has_value() != from_pruned.has_value() ||
        (from_whole && from_whole->images.size() != from_pruned->images.size())) {
      std::abort();
    }
  }
  return 0;
}
