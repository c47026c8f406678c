// The pod, or the object that will make pods, as rules and selections see it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/image_facts.h"

namespace leangate::policy {

using Labels = std::map<std::string, std::string>;

enum class WorkloadKind {
  Pod,
  Deployment,
  ReplicaSet,
  StatefulSet,
  DaemonSet,
  ReplicationController,
  Job,
  CronJob,
  PodTemplate,
};

// Where in a pod an image stands.
enum class ContainerType { Container, InitContainer, EphemeralContainer, ImageVolume };

// One place of a workload that names an image.
struct WorkloadImage {
  std::string image;       // as the author wrote it
  std::string container;   // name of the container, or of the volume
  std::string field_path;  // "spec.template.spec.containers[0].image"
  ContainerType type = ContainerType::Container;
  // False on UPDATE for an image that the old object already had: judged only by policies with
  // `updates: All`.
  bool is_new = true;
};

// What the pod itself says about the nodes it can run on; an empty member says nothing.
struct PlatformConstraints {
  std::vector<std::string> os;
  std::vector<std::string> architectures;
};

struct Workload {
  WorkloadKind kind = WorkloadKind::Pod;
  std::string name;
  std::string namespace_name;  // empty: unknown, as for a bare image given to `leangate check`
  std::optional<Labels> namespace_labels;  // absent: unknown
  Labels labels;                           // of the object itself
  std::vector<WorkloadImage> images;
  PlatformConstraints constraints;
};

}  // namespace leangate::policy
