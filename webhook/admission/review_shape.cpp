#include "webhook/admission/review_shape.h"

namespace leangate::admission {

namespace {

using Kind = Shape::Kind;

// Ten times what the largest real objects carry. Losing the labels is what their owner could have
// had by not writing them; losing the affinity only means to judge more platforms.
constexpr std::size_t kMaxLabels = 10'000;
constexpr std::size_t kMaxAffinityValues = 10'000;

const Shape kScalar{};
const Shape kLabels{.kind = Kind::ScalarMap, .dropped_above = kMaxLabels};

Shape members(std::vector<MemberShape> list) {
  return {.kind = Kind::Members, .members = std::move(list)};
}

Shape list_of(const Shape& element) {
  return {.kind = Kind::List, .element = &element};
}

Shape nested(std::string_view name, const Shape& shape) {
  return members({{name, &shape}});
}

const Shape kMetadata = members({{"name", &kScalar},
                                 {"generateName", &kScalar},
                                 {"namespace", &kScalar},
                                 {"labels", &kLabels},
                                 {"deletionTimestamp", &kScalar}});

// ---- A pod's images

const Shape kContainer = members({{"name", &kScalar}, {"image", &kScalar}});
const Shape kContainers = list_of(kContainer);
const Shape kVolumeImage = members({{"reference", &kScalar}});
const Shape kVolume{.kind = Kind::Members,
                    .members = {{"name", &kScalar}, {"image", &kVolumeImage}},
                    .useless_without = "image"};
const Shape kVolumes = list_of(kVolume);

// ---- A pod's platform constraints

const Shape kOs = members({{"name", &kScalar}});
const Shape kNodeSelector = members({{"kubernetes.io/os", &kScalar},
                                     {"kubernetes.io/arch", &kScalar},
                                     {"beta.kubernetes.io/os", &kScalar},
                                     {"beta.kubernetes.io/arch", &kScalar}});
const Shape kValues = list_of(kScalar);
const Shape kExpression =
    members({{"key", &kScalar}, {"operator", &kScalar}, {"values", &kValues}});
const Shape kExpressions = list_of(kExpression);
const Shape kTerm = nested("matchExpressions", kExpressions);
const Shape kTerms = list_of(kTerm);
const Shape kRequiredAffinity = nested("nodeSelectorTerms", kTerms);
const Shape kNodeAffinity =
    nested("requiredDuringSchedulingIgnoredDuringExecution", kRequiredAffinity);
const Shape kAffinity{.kind = Kind::Members,
                      .members = {{"nodeAffinity", &kNodeAffinity}},
                      .dropped_above = kMaxAffinityValues};

// ---- The specs of all kinds at once: a pod's, a Deployment's (template), a CronJob's
// (jobTemplate)

std::vector<MemberShape> pod_spec_members() {
  return {{"containers", &kContainers},
          {"initContainers", &kContainers},
          {"ephemeralContainers", &kContainers},
          {"volumes", &kVolumes},
          {"os", &kOs},
          {"nodeSelector", &kNodeSelector},
          {"affinity", &kAffinity}};
}

const Shape kPodSpec = members(pod_spec_members());
const Shape kPodTemplate = nested("spec", kPodSpec);
const Shape kJobSpec = nested("template", kPodTemplate);
const Shape kJobTemplate = nested("spec", kJobSpec);

Shape spec_of_any_kind() {
  auto all = pod_spec_members();
  all.push_back({"template", &kPodTemplate});
  all.push_back({"jobTemplate", &kJobTemplate});
  return members(std::move(all));
}

const Shape kSpec = spec_of_any_kind();
const Shape kObject =
    members({{"metadata", &kMetadata}, {"spec", &kSpec}, {"template", &kPodTemplate}});

// ---- The review around them

const Shape kGroupVersionKind = members({{"kind", &kScalar}});
const Shape kUserInfo = members({{"username", &kScalar}});
const Shape kRequest = members({{"uid", &kScalar},
                                {"kind", &kGroupVersionKind},
                                {"subResource", &kScalar},
                                {"name", &kScalar},
                                {"namespace", &kScalar},
                                {"operation", &kScalar},
                                {"userInfo", &kUserInfo},
                                {"object", &kObject},
                                {"oldObject", &kObject},
                                {"dryRun", &kScalar}});
const Shape kReview =
    members({{"apiVersion", &kScalar}, {"kind", &kScalar}, {"request", &kRequest}});

}  // namespace

const Shape& review_shape() {
  return kReview;
}

const Shape& workload_shape() {
  return kObject;
}

}  // namespace leangate::admission
