#include "webhook/admission/workload_images.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "webhook/admission/json_members.h"

namespace leangate::admission {

namespace {

using nlohmann::json;
using policy::ContainerType;
using policy::WorkloadKind;

// A pod that runs has a handful of images; whoever sends a thousand wants to keep us busy.
constexpr std::size_t kMaxImages = 1'000;

// How each kind is called, and where below the object its pod template stands.
struct KindEntry {
  std::string_view name;
  WorkloadKind kind;
  std::vector<std::string_view> template_path;
};

const std::vector<KindEntry>& kind_table() {
  static const std::vector<KindEntry> kTable{
      {"Pod", WorkloadKind::Pod, {}},
      {"Deployment", WorkloadKind::Deployment, {"spec", "template"}},
      {"ReplicaSet", WorkloadKind::ReplicaSet, {"spec", "template"}},
      {"StatefulSet", WorkloadKind::StatefulSet, {"spec", "template"}},
      {"DaemonSet", WorkloadKind::DaemonSet, {"spec", "template"}},
      {"ReplicationController", WorkloadKind::ReplicationController, {"spec", "template"}},
      {"Job", WorkloadKind::Job, {"spec", "template"}},
      {"CronJob", WorkloadKind::CronJob, {"spec", "jobTemplate", "spec", "template"}},
      {"PodTemplate", WorkloadKind::PodTemplate, {"template"}},
  };
  return kTable;
}

policy::Labels read_labels(const json& labels) {
  policy::Labels result;
  if (!labels.is_object()) {
    return result;
  }
  for (const auto& [key, value] : labels.items()) {
    if (value.is_string()) {
      result.emplace(key, value.get<std::string>());
    }
  }
  return result;
}

// ---- Images

// What a template may hold instead of an image, to be filled in when its pods are made: nothing
// (image volumes document it), or the word by which Istio's injector marks its gateway.
bool is_placeholder(std::string_view image) {
  return image.empty() || image == "auto";
}

class ImageCollector {
 public:
  explicit ImageCollector(bool keep_placeholders) : keep_placeholders_{keep_placeholders} {}

  void add(policy::WorkloadImage image) {
    if (keep_placeholders_ || !is_placeholder(image.image)) {
      images_.push_back(std::move(image));
    }
  }
  bool is_over_limit() const { return images_.size() > kMaxImages; }
  std::vector<policy::WorkloadImage> take() { return std::move(images_); }

 private:
  bool keep_placeholders_;
  std::vector<policy::WorkloadImage> images_;
};

std::string indexed(const std::string& list, std::size_t index) {
  return list + "[" + std::to_string(index) + "]";
}

void collect_containers(const json& containers,
                        const std::string& path,
                        ContainerType type,
                        ImageCollector& images) {
  std::size_t index = 0;
  for (const auto& container : list_of(containers)) {
    if (images.is_over_limit()) {
      return;
    }
    images.add({.image = text_of(member(container, "image")),
                .container = text_of(member(container, "name")),
                .field_path = indexed(path, index++) + ".image",
                .type = type});
  }
}

void collect_volumes(const json& volumes, const std::string& path, ImageCollector& images) {
  std::size_t index = 0;
  for (const auto& volume : list_of(volumes)) {
    const auto& image = member(volume, "image");
    const auto position = index++;
    if (!image.is_object() || images.is_over_limit()) {
      continue;
    }
    images.add({.image = text_of(member(image, "reference")),
                .container = text_of(member(volume, "name")),
                .field_path = indexed(path, position) + ".image.reference",
                .type = ContainerType::ImageVolume});
  }
}

void collect_images(const json& pod_spec, const std::string& path, ImageCollector& images) {
  constexpr std::array<std::pair<std::string_view, ContainerType>, 3> kLists{{
      {"containers", ContainerType::Container},
      {"initContainers", ContainerType::InitContainer},
      {"ephemeralContainers", ContainerType::EphemeralContainer},
  }};
  for (const auto& [name, type] : kLists) {
    collect_containers(member(pod_spec, name), path + "." + std::string{name}, type, images);
  }
  collect_volumes(member(pod_spec, "volumes"), path + ".volumes", images);
}

// ---- Platform constraints

// The values a node label may have; absent: any.
using Allowed = std::optional<std::set<std::string>>;

Allowed both(const Allowed& left, const Allowed& right) {
  if (!left || !right) {
    return left ? left : right;
  }
  std::set<std::string> common;
  std::set_intersection(left->begin(),
                        left->end(),
                        right->begin(),
                        right->end(),
                        std::inserter(common, common.end()));
  return common;
}

Allowed either(const Allowed& left, const Allowed& right) {
  if (!left || !right) {
    return std::nullopt;
  }
  auto united = *left;
  united.insert(right->begin(), right->end());
  return united;
}

// Nodes carry both labels, and the kubelet keeps them equal.
struct NodeLabel {
  std::string_view name;
  std::string_view beta_name;

  bool is(std::string_view key) const { return key == name || key == beta_name; }
};
constexpr NodeLabel kOs{"kubernetes.io/os", "beta.kubernetes.io/os"};
constexpr NodeLabel kArchitecture{"kubernetes.io/arch", "beta.kubernetes.io/arch"};

Allowed only(const json& value) {
  return value.is_string() ? Allowed{{value.get<std::string>()}} : std::nullopt;
}

Allowed allowed_by_node_selector(const json& selector, const NodeLabel& label) {
  return both(only(member(selector, label.name)), only(member(selector, label.beta_name)));
}

// Only In names the nodes that remain; the other operators (NotIn, Exists, ...) would need the
// list of all values, and not reading them only means to judge more platforms.
Allowed allowed_by_expression(const json& expression, const NodeLabel& label) {
  const auto& key = member(expression, "key");
  if (!key.is_string() || !label.is(key.get_ref<const std::string&>()) ||
      member(expression, "operator") != "In") {
    return std::nullopt;
  }
  std::set<std::string> values;
  for (const auto& value : list_of(member(expression, "values"))) {
    values.insert(text_of(value));
  }
  return values;
}

// The terms of a node selector are alternatives; the expressions of one term hold together.
Allowed allowed_by_affinity(const json& terms, const NodeLabel& label) {
  Allowed result;
  bool is_first = true;
  for (const auto& term : list_of(terms)) {
    Allowed of_term;
    for (const auto& expression : list_of(member(term, "matchExpressions"))) {
      of_term = both(of_term, allowed_by_expression(expression, label));
    }
    result = is_first ? of_term : either(result, of_term);
    is_first = false;
  }
  return result;
}

// Constraints that contradict each other leave no node at all: such a pod never runs, and is
// judged as if it had said nothing.
std::vector<std::string> as_list(const Allowed& allowed) {
  return allowed ? std::vector<std::string>(allowed->begin(), allowed->end())
                 : std::vector<std::string>{};
}

policy::PlatformConstraints read_constraints(const json& pod_spec) {
  const auto& selector = member(pod_spec, "nodeSelector");
  const auto& node_affinity = member(member(pod_spec, "affinity"), "nodeAffinity");
  const auto& terms = member(
      member(node_affinity, "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms");
  const auto by_nodes = [&](const NodeLabel& label) {
    return both(allowed_by_node_selector(selector, label), allowed_by_affinity(terms, label));
  };
  return {.os = as_list(both(by_nodes(kOs), only(member(member(pod_spec, "os"), "name")))),
          .architectures = as_list(by_nodes(kArchitecture))};
}

}  // namespace

std::optional<WorkloadKind> workload_kind(std::string_view kind) {
  const auto& table = kind_table();
  const auto found =
      std::ranges::find_if(table, [&](const auto& entry) { return entry.name == kind; });
  return found != table.end() ? std::optional{found->kind} : std::nullopt;
}

Result<policy::Workload, std::string> read_workload(const json& object, WorkloadKind kind) {
  if (!object.is_object()) {
    return Failure{std::string{"the object is no JSON object"}};
  }
  const auto entry =
      std::ranges::find_if(kind_table(), [&](const auto& known) { return known.kind == kind; });
  const json* pod = &object;
  std::string path;
  for (const auto name : entry->template_path) {
    pod = &member(*pod, name);
    path += std::string{name} + ".";
  }
  const auto& pod_spec = member(*pod, "spec");

  ImageCollector images{kind == WorkloadKind::Pod};
  collect_images(pod_spec, path + "spec", images);
  if (images.is_over_limit()) {
    return Failure{"the object has more than " + std::to_string(kMaxImages) + " images"};
  }
  const auto& metadata = member(object, "metadata");
  const auto name = text_of(member(metadata, "name"));
  return policy::Workload{
      .kind = kind,
      .name = name.empty() ? text_of(member(metadata, "generateName")) : name,
      .namespace_name = text_of(member(metadata, "namespace")),
      .namespace_labels = std::nullopt,
      .labels = read_labels(member(metadata, "labels")),
      .images = images.take(),
      .constraints = read_constraints(pod_spec),
  };
}

void mark_known_images(policy::Workload& updated, const policy::Workload& old) {
  std::set<std::pair<ContainerType, std::string_view>> known;
  for (const auto& image : old.images) {
    known.emplace(image.type, image.image);
  }
  for (auto& image : updated.images) {
    image.is_new = !known.contains({image.type, image.image});
  }
}

}  // namespace leangate::admission
