#include "policy/policy_reader.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/mistake_texts.h"

namespace leangate::policy {
namespace {

std::vector<std::string> patterns_of(const std::vector<Glob>& globs) {
  std::vector<std::string> patterns;
  for (const Glob& glob : globs) {
    patterns.push_back(glob.pattern());
  }
  return patterns;
}

const std::string kClusterHead =
    "{apiVersion: leangate.io/v1alpha1, kind: ClusterLeanImagePolicy, metadata: {name: p}, spec: ";
const std::string kNamespacedHead =
    "{apiVersion: leangate.io/v1alpha1, kind: LeanImagePolicy, metadata: {name: p, namespace: n}, "
    "spec: ";
const std::string kExceptionHead =
    "{apiVersion: leangate.io/v1alpha1, kind: LeanImageException, metadata: {name: x, namespace: "
    "n}, spec: ";
const std::string kOneRule = "rules: [{name: r, layers: {max: 9}}]";

PolicySet read_well(const std::string& text) {
  PolicyReading reading = read_policies(text, "f");
  CHECK(texts_of(reading.mistakes) == std::vector<std::string>{});
  return std::move(reading.policies);
}

// The one policy with this `spec` in it.
Policy read_spec(const std::string& spec) {
  PolicySet set = read_well(kClusterHead + "{" + spec + "}}");
  REQUIRE(set.policies.size() == 1);
  return std::move(set.policies[0]);
}

}  // namespace

TEST_CASE("a policy without options has the documented defaults", "[policy][reader]") {
  const Policy policy = read_spec(kOneRule);
  CHECK(policy.name == "p");
  CHECK(policy.is_cluster_wide());
  CHECK(policy.actions == ActionSet{Action::Warn, Action::Audit});
  CHECK(policy.workload_actions == ActionSet{Action::Warn, Action::Audit});
  CHECK(policy.match.container_types.size() == 4);
  CHECK(policy.match.kinds.size() == 9);
  CHECK(policy.match.images.empty());
  CHECK(policy.match.namespace_selector.empty());
  CHECK(policy.failure_policy == FailurePolicy::Ignore);
  CHECK(policy.updates == Updates::Changed);
  CHECK(policy.exemptions.empty());
  REQUIRE(policy.rules.size() == 1);
  CHECK(policy.rules[0].severity == Severity::Medium);
  CHECK(policy.rules[0].message.empty());
  CHECK_FALSE(policy.rules[0].actions.has_value());
}

TEST_CASE("workloads are warned where pods are denied", "[policy][reader]") {
  CHECK(read_spec("validationActions: [Deny, Audit], " + kOneRule).workload_actions ==
        ActionSet{Action::Warn, Action::Audit});
  CHECK(read_spec("validationActions: [Deny], " + kOneRule).workload_actions ==
        ActionSet{Action::Warn});
  CHECK(read_spec("validationActions: [Audit], " + kOneRule).workload_actions ==
        ActionSet{Action::Audit});
  CHECK(read_spec("workloadActions: [Deny], " + kOneRule).workload_actions ==
        ActionSet{Action::Deny});
}

TEST_CASE("every field of a policy arrives", "[policy][reader]") {
  const Policy policy = read_spec(R"(
  match: {
    namespaceSelector: {matchLabels: {team: ml}, matchExpressions: [
      {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, kube-public]},
      {key: example.com/fat, operator: DoesNotExist}]},
    objectSelector: {matchExpressions: [{key: app, operator: Exists}]},
    images: [{glob: "registry.example/**"}], excludeImages: [{glob: "registry.example/cuda/*"}],
    containerTypes: [containers, imageVolumes], kinds: [Pod, PodTemplate]},
  failurePolicy: Fail, updates: All,
  exemptions: [{name: e, reason: y, expiresAt: "2027-03-31T00:00:00Z", namespaces: [ml],
                rules: [r], images: [{glob: "registry.example/ml/**"}]}],
  rules: [{name: r, severity: critical, message: Ask us., validationActions: [Deny],
           size: {maxCompressed: 500Mi}}])");
  REQUIRE(policy.match.namespace_selector.size() == 3);
  CHECK(policy.match.namespace_selector[0].key == "team");
  CHECK(policy.match.namespace_selector[0].op == LabelRequirement::Operator::In);
  CHECK(policy.match.namespace_selector[0].values == std::vector<std::string>{"ml"});
  CHECK(policy.match.namespace_selector[1].op == LabelRequirement::Operator::NotIn);
  CHECK(policy.match.namespace_selector[1].values.size() == 2);
  CHECK(policy.match.namespace_selector[2].op == LabelRequirement::Operator::DoesNotExist);
  CHECK(policy.match.object_selector.at(0).op == LabelRequirement::Operator::Exists);
  CHECK(patterns_of(policy.match.images) == std::vector<std::string>{"registry.example/**"});
  CHECK(patterns_of(policy.match.exclude_images) ==
        std::vector<std::string>{"registry.example/cuda/*"});
  CHECK(policy.match.container_types ==
        std::set<ContainerType>{ContainerType::Container, ContainerType::ImageVolume});
  CHECK(policy.match.kinds == std::set<WorkloadKind>{WorkloadKind::Pod, WorkloadKind::PodTemplate});
  CHECK(policy.failure_policy == FailurePolicy::Fail);
  CHECK(policy.updates == Updates::All);
  const Exemption& exemption = policy.exemptions.at(0);
  CHECK(exemption.name == "e");
  CHECK(exemption.reason == "y");
  REQUIRE(exemption.expires_at.has_value());
  CHECK(format_instant(*exemption.expires_at) == "2027-03-31T00:00:00Z");
  CHECK(exemption.namespaces == std::vector<std::string>{"ml"});
  CHECK(exemption.rules == std::vector<std::string>{"r"});
  CHECK(patterns_of(exemption.images) == std::vector<std::string>{"registry.example/ml/**"});
  const Rule& rule = policy.rules.at(0);
  CHECK(rule.severity == Severity::Critical);
  CHECK(rule.message == "Ask us.");
  CHECK(rule.actions == ActionSet{Action::Deny});
}

TEST_CASE("every kind of rule arrives", "[policy][reader]") {
  const Policy policy = read_spec(R"(rules: [
    {name: a, size: {maxCompressed: 1.5Gi, maxLayerCompressed: 1000}},
    {name: b, layers: {max: 40, denyMediaTypes: [x/y]}},
    {name: c, base: {allow: [{glob: "python:*-slim"}], deny: [{glob: ubuntu}], unknown: Fail}},
    {name: d, config: {denyRootUser: true, requireLabels: [org.opencontainers.image.source], unknown: Pass}},
    {name: e, reference: {requireDigest: true, denyTags: [latest, "1.0"], allowRegistries: [Registry.example:5000, "*.corp.example"]}},
    {name: f, platforms: {required: [linux/amd64, linux/arm64]}}])");
  REQUIRE(policy.rules.size() == 6);
  const auto& size = std::get<SizeRule>(policy.rules[0].body);
  CHECK(size.max_compressed == 1610612736u);
  CHECK(size.max_layer_compressed == 1000u);
  const auto& layers = std::get<LayersRule>(policy.rules[1].body);
  CHECK(layers.max == 40u);
  CHECK(layers.deny_media_types == std::vector<std::string>{"x/y"});
  const auto& base = std::get<BaseRule>(policy.rules[2].body);
  CHECK(patterns_of(base.allow) == std::vector<std::string>{"docker.io/library/python:*-slim"});
  CHECK(patterns_of(base.deny) == std::vector<std::string>{"docker.io/library/ubuntu"});
  CHECK(base.unknown == UnknownEvidence::Fail);
  const auto& config = std::get<ConfigRule>(policy.rules[3].body);
  CHECK(config.deny_root_user);
  CHECK(config.require_labels == std::vector<std::string>{"org.opencontainers.image.source"});
  CHECK(config.unknown == UnknownEvidence::Pass);
  const auto& reference = std::get<ReferenceRule>(policy.rules[4].body);
  CHECK(reference.require_digest);
  CHECK(reference.deny_tags == std::vector<std::string>{"latest", "1.0"});
  CHECK(reference.allow_registries ==
        std::vector<std::string>{"registry.example:5000", "*.corp.example"});
  CHECK(std::get<PlatformsRule>(policy.rules[5].body).required.size() == 2);
}

TEST_CASE("globs get the registry that goes without saying", "[policy][reader]") {
  const auto [text, pattern] = GENERATE(values<std::pair<std::string, std::string>>({
      {"python:*", "docker.io/library/python:*"},
      {"python", "docker.io/library/python"},
      {"python*", "docker.io/library/python*"},
      {"org/app", "docker.io/org/app"},
      {"docker.io/python:3", "docker.io/library/python:3"},
      {"docker.io/org/app", "docker.io/org/app"},
      {"docker.io/**", "docker.io/**"},
      {"docker.io/**:latest", "docker.io/**:latest"},
      {"index.docker.io/**", "docker.io/**"},
      {"jupyter/**", "docker.io/jupyter/**"},
      {"grafana/**:latest", "docker.io/grafana/**:latest"},
      {"gcr.io/distroless/**", "gcr.io/distroless/**"},
      {"gcr.io/**", "gcr.io/**"},
      {"**/x", "**/x"},
      {"index.docker.io/org/*", "docker.io/org/*"},
      {"registry.example/app", "registry.example/app"},
      {"localhost/app", "localhost/app"},
      {"registry:5000/app", "registry:5000/app"},
      {"*.example/app", "*.example/app"},
      {"*/app", "*/app"},
      {"**", "**"},
      {"**:latest", "**:latest"},
      {"**/python:*-slim", "**/python:*-slim"},
  }));
  CAPTURE(text);
  const Policy policy = read_spec("match: {images: [{glob: \"" + text + "\"}]}, " + kOneRule);
  CHECK(patterns_of(policy.match.images) == std::vector<std::string>{pattern});
}

TEST_CASE("globs match the images that their authors mean", "[policy][reader]") {
  struct Case {
    std::string glob;
    std::string image;
    bool matches;
  };
  const auto row = GENERATE(values<Case>({
      {"jupyter/**", "jupyter/base-notebook", true},
      {"jupyter/**", "index.docker.io/jupyter/base-notebook:1", true},
      {"jupyter/**", "quay.io/jupyter/base-notebook", false},
      {"jupyter/**", "jupyterhub/x", false},
      {"index.docker.io/**", "jupyter/base-notebook", true},
      {"docker.io/**", "jupyter/base-notebook", true},
      {"docker.io/**", "python", true},
      {"docker.io/**", "quay.io/jupyter/base-notebook", false},
      {"**/base-notebook", "jupyter/base-notebook", true},
      {"grafana/**:latest", "grafana/grafana", true},
      {"grafana/**:latest", "grafana/grafana:12", false},
      {"gcr.io/distroless/**", "gcr.io/distroless/cc-debian12", true},
      {"gcr.io/distroless/**", "distroless/cc-debian12", false},
  }));
  CAPTURE(row.glob, row.image);
  const Policy policy = read_spec("match: {images: [{glob: \"" + row.glob + "\"}]}, " + kOneRule);
  const auto reference = parse_image_reference(row.image);
  REQUIRE(reference.has_value());
  CHECK(policy.match.images.at(0).matches(*reference) == row.matches);
}

TEST_CASE("namespaced policies and exceptions arrive", "[policy][reader]") {
  const PolicySet set = read_well(
      kNamespacedHead + "{exemptions: [{name: e, reason: r}], " + kOneRule + "}}\n---\n" +
      kExceptionHead +
      "{policyRefs: [{kind: ClusterLeanImagePolicy, name: lean-default}, {kind: LeanImagePolicy, "
      "name: p}], reason: OPS-77, expiresAt: \"2027-01-31T00:00:00Z\", rules: [total-size], "
      "images: [{glob: erp}], objectSelector: {matchLabels: {app: erp}}}}");
  REQUIRE(set.policies.size() == 1);
  CHECK(set.policies[0].namespace_name == "n");
  CHECK_FALSE(set.policies[0].is_cluster_wide());
  REQUIRE(set.exceptions.size() == 1);
  const Exception& exception = set.exceptions[0];
  CHECK(exception.name == "x");
  CHECK(exception.namespace_name == "n");
  REQUIRE(exception.policy_refs.size() == 2);
  CHECK(exception.policy_refs[0].cluster_wide);
  CHECK(exception.policy_refs[0].name == "lean-default");
  CHECK_FALSE(exception.policy_refs[1].cluster_wide);
  CHECK(exception.reason == "OPS-77");
  CHECK(exception.expires_at.has_value());
  CHECK(exception.rules == std::vector<std::string>{"total-size"});
  CHECK(patterns_of(exception.images) == std::vector<std::string>{"docker.io/library/erp"});
  CHECK(exception.object_selector.size() == 1);
}

TEST_CASE("an object exported from a cluster is read", "[policy][reader]") {
  read_well(R"({"apiVersion": "leangate.io/v1alpha1", "kind": "ClusterLeanImagePolicy",
    "metadata": {"name": "p", "uid": "u", "resourceVersion": "7", "generation": 1,
                 "creationTimestamp": null, "managedFields": [], "labels": {}, "annotations": {}},
    "spec": {"rules": [{"name": "r", "layers": {"max": 9}}]}, "status": {}})");
}

TEST_CASE("two policies of one name conflict", "[policy][reader]") {
  const PolicySet cluster = read_well(kClusterHead + "{" + kOneRule + "}}");
  const PolicySet namespaced = read_well(kNamespacedHead + "{" + kOneRule + "}}");
  const PolicySet exception =
      read_well(kExceptionHead + "{policyRefs: [{kind: LeanImagePolicy, name: p}], reason: y}}");
  CHECK(find_conflicts({{"a", cluster}, {"b", namespaced}, {"c", exception}}).empty());
  CHECK(texts_of(find_conflicts({{"a", cluster}, {"b", cluster}})) ==
        std::vector<std::string>{
            "b: metadata.name: ClusterLeanImagePolicy p is defined in a already"});
  CHECK(texts_of(find_conflicts({{"a", namespaced}, {"a", namespaced}})) ==
        std::vector<std::string>{"a: metadata.name: LeanImagePolicy n/p is defined in a already"});
  CHECK(
      texts_of(find_conflicts({{"a", exception}, {"b", exception}})) ==
      std::vector<std::string>{"b: metadata.name: LeanImageException n/x is defined in a already"});
}

TEST_CASE("the built-in policies are well-formed", "[policy][reader]") {
  std::vector<std::string> names;
  for (const BuiltinPolicy& builtin : builtin_policies()) {
    names.emplace_back(builtin.name);
    const PolicySet set = read_well(std::string{builtin.yaml});
    REQUIRE(set.policies.size() == 1);
    CHECK(set.policies[0].name == builtin.name);
    CHECK(set.policies[0].is_cluster_wide());
  }
  CHECK(names == std::vector<std::string>{"baseline", "ml-inference"});
}

TEST_CASE("builtin:baseline never denies, builtin:ml-inference does", "[policy][reader]") {
  const PolicySet baseline = read_well(std::string{builtin_policies()[0].yaml});
  CHECK(baseline.policies.at(0).actions == ActionSet{Action::Warn, Action::Audit});
  for (const Rule& rule : baseline.policies[0].rules) {
    CHECK((!rule.actions || rule.actions->count(Action::Deny) == 0));
  }
  const PolicySet strict = read_well(std::string{builtin_policies()[1].yaml});
  CHECK(strict.policies.at(0).actions == ActionSet{Action::Deny, Action::Audit});
}

TEST_CASE("builtin:ml-inference knows lean bases from full ones", "[policy][reader]") {
  const PolicySet set = read_well(std::string{builtin_policies()[1].yaml});
  const auto& rules = set.policies.at(0).rules;
  const auto found = std::find_if(
      rules.begin(), rules.end(), [](const Rule& rule) { return rule.name == "lean-base"; });
  REQUIRE(found != rules.end());
  const auto& base = std::get<BaseRule>(found->body);
  const auto allows = [&](const std::string& name) {
    const auto reference = parse_image_reference(name);
    REQUIRE(reference.has_value());
    const auto matches = [&](const Glob& glob) { return glob.matches(*reference); };
    return std::none_of(base.deny.begin(), base.deny.end(), matches) &&
           std::any_of(base.allow.begin(), base.allow.end(), matches);
  };
  for (const char* lean : {"python:3.13-slim",
                           "python:3.14-slim-bookworm",
                           "debian:trixie-slim",
                           "python:3.13-alpine3.22",
                           "alpine:3.22",
                           "gcr.io/distroless/python3-debian12:nonroot",
                           "registry.example/mirror/python:3.13-slim",
                           "registry.access.redhat.com/ubi9/ubi-minimal:9.6"}) {
    CAPTURE(lean);
    CHECK(allows(lean));
  }
  for (const char* fat : {"python:3.13",
                          "debian:trixie",
                          "ubuntu:24.04",
                          "nvidia/cuda:12.9.0-devel-ubuntu24.04",
                          "jupyter/scipy-notebook:latest",
                          "pytorch/pytorch:2.8.0-cuda12.9-cudnn9-runtime"}) {
    CAPTURE(fat);
    CHECK_FALSE(allows(fat));
  }
}

}  // namespace leangate::policy
