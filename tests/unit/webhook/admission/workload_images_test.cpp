#include "webhook/admission/workload_images.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace leangate::admission {

namespace {

using nlohmann::json;
using policy::ContainerType;
using policy::WorkloadKind;

policy::Workload read(const std::string& text, WorkloadKind kind = WorkloadKind::Pod) {
  auto workload = read_workload(json::parse(text), kind);
  REQUIRE(workload.has_value());
  return *std::move(workload);
}

std::vector<std::string> paths_of(const policy::Workload& workload) {
  std::vector<std::string> paths;
  for (const auto& image : workload.images) {
    paths.push_back(image.field_path);
  }
  return paths;
}

}  // namespace

TEST_CASE("every place of a pod that names an image is listed in its order", "[workload]") {
  const auto pod = read(R"({
    "metadata": {"name": "api", "namespace": "ml", "labels": {"app": "api", "odd": 1}},
    "spec": {
      "volumes": [{"name": "tmp", "emptyDir": {}},
                  {"name": "model", "image": {"reference": "r.example/model:1"}}],
      "initContainers": [{"name": "setup", "image": "r.example/setup:1"}],
      "containers": [{"name": "api", "image": "r.example/api:1"}, {"name": "log", "image": "log"}],
      "ephemeralContainers": [{"name": "debug", "image": "busybox"}]
    }})");

  CHECK(pod.kind == WorkloadKind::Pod);
  CHECK(pod.name == "api");
  CHECK(pod.namespace_name == "ml");
  CHECK(pod.labels == policy::Labels{{"app", "api"}});
  CHECK_FALSE(pod.namespace_labels.has_value());
  REQUIRE(paths_of(pod) == std::vector<std::string>{"spec.containers[0].image",
                                                    "spec.containers[1].image",
                                                    "spec.initContainers[0].image",
                                                    "spec.ephemeralContainers[0].image",
                                                    "spec.volumes[1].image.reference"});
  CHECK(pod.images[0].image == "r.example/api:1");
  CHECK(pod.images[0].container == "api");
  CHECK(pod.images[0].type == ContainerType::Container);
  CHECK(pod.images[0].is_new);
  CHECK(pod.images[2].type == ContainerType::InitContainer);
  CHECK(pod.images[3].type == ContainerType::EphemeralContainer);
  CHECK(pod.images[4].type == ContainerType::ImageVolume);
  CHECK(pod.images[4].image == "r.example/model:1");
  CHECK(pod.images[4].container == "model");
}

TEST_CASE("the pod template is found where each kind keeps it", "[workload]") {
  struct Case {
    std::string kind;
    std::string object;
    std::string path;
  };
  const std::string pod = R"({"spec": {"containers": [{"name": "a", "image": "i"}]}})";
  const std::string in_spec = R"({"spec": {"template": )" + pod + "}}";
  const auto c = GENERATE_COPY(values<Case>({
      {"Pod", pod, "spec.containers[0].image"},
      {"Deployment", in_spec, "spec.template.spec.containers[0].image"},
      {"ReplicaSet", in_spec, "spec.template.spec.containers[0].image"},
      {"StatefulSet", in_spec, "spec.template.spec.containers[0].image"},
      {"DaemonSet", in_spec, "spec.template.spec.containers[0].image"},
      {"ReplicationController", in_spec, "spec.template.spec.containers[0].image"},
      {"Job", in_spec, "spec.template.spec.containers[0].image"},
      {"CronJob",
       R"({"spec": {"jobTemplate": {"spec": {"template": )" + pod + "}}}}",
       "spec.jobTemplate.spec.template.spec.containers[0].image"},
      {"PodTemplate", R"({"template": )" + pod + "}", "template.spec.containers[0].image"},
  }));
  CAPTURE(c.kind);

  const auto kind = workload_kind(c.kind);
  REQUIRE(kind.has_value());
  const auto workload = read(c.object, *kind);
  CHECK(workload.kind == *kind);
  CHECK(paths_of(workload) == std::vector<std::string>{c.path});
}

TEST_CASE("other kinds are no workloads", "[workload]") {
  const auto kind = GENERATE(as<std::string>{}, "", "pod", "Pods", "ConfigMap", "Scale", "Rollout");
  CAPTURE(kind);
  CHECK_FALSE(workload_kind(kind).has_value());
}

TEST_CASE("placeholders are left out of templates and kept in pods", "[workload]") {
  const std::string pod = R"({"spec": {
    "containers": [{"name": "istio-proxy", "image": "auto"}, {"name": "unset"},
                   {"name": "app", "image": "app:1"}],
    "volumes": [{"name": "later", "image": {}}]}})";

  CHECK(paths_of(read(R"({"spec": {"template": )" + pod + "}}", WorkloadKind::Deployment)) ==
        std::vector<std::string>{"spec.template.spec.containers[2].image"});
  CHECK(paths_of(read(pod)) == std::vector<std::string>{"spec.containers[0].image",
                                                        "spec.containers[1].image",
                                                        "spec.containers[2].image",
                                                        "spec.volumes[0].image.reference"});
}

TEST_CASE("members of impossible types count as absent", "[workload]") {
  const auto object = GENERATE(as<std::string>{},
                               R"({})",
                               R"({"spec": null})",
                               R"({"spec": []})",
                               R"({"spec": "text", "metadata": 5})",
                               R"({"spec": {"containers": {"image": "i"}}})",
                               R"({"spec": {"volumes": [[], null, {"image": "i"}]}})",
                               R"({"metadata": {"labels": ["a"], "name": {}}})");
  CAPTURE(object);
  const auto workload = read(object);
  CHECK(workload.images.empty());
  CHECK(workload.labels.empty());
  CHECK(workload.name.empty());
}

TEST_CASE("what is no object, and more than a thousand images, is refused", "[workload]") {
  for (const auto* text : {"null", "[]", "5", "\"Pod\""}) {
    CAPTURE(text);
    CHECK_FALSE(read_workload(json::parse(text), WorkloadKind::Pod).has_value());
  }
  json pod;
  for (int i = 0; i < 600; ++i) {
    pod["spec"]["containers"].push_back({{"image", "a"}});
    pod["spec"]["volumes"].push_back({{"image", {{"reference", "b"}}}});
  }
  const auto refused = read_workload(pod, WorkloadKind::Pod);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error() == "the object has more than 1000 images");
  pod["spec"].erase("volumes");
  CHECK(read_workload(pod, WorkloadKind::Pod).has_value());
}

TEST_CASE("an object without a name goes by its generateName", "[workload]") {
  CHECK(read(R"({"metadata": {"generateName": "train-"}})").name == "train-");
  CHECK(read(R"({"metadata": {"generateName": "train-", "name": "train-x"}})").name == "train-x");
}

TEST_CASE("platform constraints are read from where a pod can state them", "[workload]") {
  struct Case {
    std::string name;
    std::string spec;
    std::vector<std::string> os;
    std::vector<std::string> architectures;
  };
  const auto affinity = [](const std::string& terms) {
    return R"("affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
              {"nodeSelectorTerms": [)" +
           terms + "]}}}";
  };
  const auto arch_in = [](const std::string& values) {
    return R"({"key": "kubernetes.io/arch", "operator": "In", "values": [)" + values + "]}";
  };
  const auto term = [](const std::string& expressions) {
    return R"({"matchExpressions": [)" + expressions + "]}";
  };
  const auto c = GENERATE_COPY(values<Case>({
      {"nothing said", "", {}, {}},
      {"spec.os", R"("os": {"name": "windows"})", {"windows"}, {}},
      {"nodeSelector",
       R"("nodeSelector": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"})",
       {"linux"},
       {"arm64"}},
      {"beta labels",
       R"("nodeSelector": {"beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "amd64"})",
       {"linux"},
       {"amd64"}},
      {"affinity, several values",
       affinity(term(arch_in(R"("arm64", "amd64")"))),
       {},
       {"amd64", "arm64"}},
      {"expressions of a term are ANDed",
       affinity(term(arch_in(R"("arm64", "amd64")") + "," + arch_in(R"("arm64", "s390x")"))),
       {},
       {"arm64"}},
      {"terms are ORed",
       affinity(term(arch_in(R"("arm64")")) + "," + term(arch_in(R"("amd64")"))),
       {},
       {"amd64", "arm64"}},
      {"a term without constraint means none",
       affinity(term(arch_in(R"("arm64")")) + "," +
                term(R"({"key": "zone", "operator": "In", "values": ["a"]})")),
       {},
       {}},
      {"nodeSelector and affinity are ANDed",
       R"("nodeSelector": {"kubernetes.io/arch": "amd64"}, )" +
           affinity(term(arch_in(R"("arm64", "amd64")"))),
       {},
       {"amd64"}},
      {"operators other than In say nothing",
       affinity(term(R"({"key": "kubernetes.io/arch", "operator": "NotIn", "values": ["arm64"]})")),
       {},
       {}},
      {"preferred affinity says nothing",
       R"("affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
          [{"weight": 1, "preference": {"matchExpressions": [)" +
           arch_in(R"("arm64")") + "]}}]}}",
       {},
       {}},
      {"a contradiction says nothing",
       R"("os": {"name": "windows"}, "nodeSelector": {"kubernetes.io/os": "linux"})",
       {},
       {}},
  }));
  CAPTURE(c.name);
  const auto constraints = read("{\"spec\": {" + c.spec + "}}").constraints;
  CHECK(constraints.os == c.os);
  CHECK(constraints.architectures == c.architectures);
}

TEST_CASE("an image is known when the old object had it in the same kind of place", "[workload]") {
  auto updated = read(R"({"spec": {
    "containers": [{"name": "renamed", "image": "a:1"}, {"name": "b", "image": "b:2"}],
    "initContainers": [{"name": "a", "image": "a:1"}]}})");
  const auto old = read(R"({"spec": {
    "containers": [{"name": "b", "image": "b:1"}, {"name": "a", "image": "a:1"}]}})");

  mark_known_images(updated, old);

  CHECK_FALSE(updated.images[0].is_new);
  CHECK(updated.images[1].is_new);
  CHECK(updated.images[2].is_new);
}

}  // namespace leangate::admission
