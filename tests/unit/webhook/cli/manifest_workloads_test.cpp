#include "webhook/cli/manifest_workloads.h"

#include "tests/support/catch.h"

namespace leangate::cli {

TEST_CASE("a manifest's workloads are found, each with its source", "[cli]") {
  const auto read = read_manifest(R"(
apiVersion: v1
kind: Service
metadata: {name: api}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    spec:
      initContainers: [{name: wait, image: busybox:1.37}]
      containers: [{name: api, image: registry.example/api:1}]
---
apiVersion: v1
kind: List
items:
- kind: Pod
  metadata: {generateName: job-}
  spec: {containers: [{name: a, image: b}]}
)",
                                  "deploy.yaml",
                                  "ns");

  REQUIRE(read);
  REQUIRE(read->size() == 2);
  const SourcedWorkload& deployment = read->front();
  CHECK(deployment.source == "deploy.yaml: Deployment/api");
  CHECK(deployment.workload.namespace_name == "shop");
  REQUIRE(deployment.workload.images.size() == 2);
  CHECK(deployment.workload.images[0].field_path == "spec.template.spec.containers[0].image");
  const SourcedWorkload& pod = read->back();
  CHECK(pod.source == "deploy.yaml: Pod/job-");
  CHECK(pod.workload.namespace_name == "ns");
}

TEST_CASE("a manifest that is JSON is read like one that is YAML", "[cli]") {
  const auto read = read_manifest(
      R"({"kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "a", "image": "b:1"}]}})",
      "pod.json",
      "");

  REQUIRE(read);
  REQUIRE(read->size() == 1);
  CHECK(read->front().workload.images.front().image == "b:1");
}

TEST_CASE("a manifest that can't be read is a mistake with its place", "[cli]") {
  const auto read = read_manifest("kind: Pod\nspec: {containers: [", "pod.yaml", "");

  REQUIRE_FALSE(read);
  CHECK(read.error().front().file == "pod.yaml");
  CHECK(read.error().front().mark.line > 0);
}

TEST_CASE("a List inside a List is not followed", "[cli]") {
  const auto read = read_manifest(
      R"({"kind": "List", "items": [{"kind": "List", "items": [{"kind": "Pod", "spec": {"containers": [{"image": "a"}]}}]}]})",
      "list.json",
      "");

  REQUIRE(read);
  CHECK(read->empty());
}

}  // namespace leangate::cli
