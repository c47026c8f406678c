#include "policy/selection.h"

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

namespace {

using Operator = LabelRequirement::Operator;

const Instant kNow{std::chrono::seconds{1'800'000'000}};
constexpr const char* kName = "kubernetes.io/metadata.name";

// A policy of one size rule named "size" and what stands around it.
struct World {
  PolicySet policies{{samples::policy("lean", {samples::rule("size", SizeRule{1, {}})})}, {}};
  ReferenceData reference;
  Workload workload = samples::pod({samples::container("registry.example/ml/api:1")});
  std::set<std::string> exception_namespaces;
  Instant now = kNow;

  Policy& policy() { return policies.policies.front(); }
  EvaluationContext context() const {
    return {policies, reference, now, Enforcement::Enforce, exception_namespaces, "docker.io", {}};
  }
  bool exempt() {
    const auto image = parse_image_reference(workload.images[0].image).value();
    return is_exempt(policy(), policy().rules[0], workload, &image, context());
  }
};

}  // namespace

TEST_CASE("label requirements as Kubernetes reads them", "[policy][selection]") {
  struct Case {
    std::string name;
    LabelRequirement requirement;
    bool holds;
  };
  const auto row = GENERATE(values<Case>({
      {"in", {"a", Operator::In, {"1", "2"}}, true},
      {"in, another value", {"a", Operator::In, {"3"}}, false},
      {"in, absent", {"b", Operator::In, {""}}, false},
      {"not in", {"a", Operator::NotIn, {"3"}}, true},
      {"not in, the value", {"a", Operator::NotIn, {"1"}}, false},
      {"not in, absent", {"b", Operator::NotIn, {"1"}}, true},
      {"exists", {"a", Operator::Exists, {}}, true},
      {"exists, absent", {"b", Operator::Exists, {}}, false},
      {"does not exist", {"b", Operator::DoesNotExist, {}}, true},
      {"does not exist, but does", {"a", Operator::DoesNotExist, {}}, false},
  }));
  CAPTURE(row.name);
  CHECK(selects({row.requirement}, {{"a", "1"}}) == row.holds);
  CHECK(selects({}, {}));
}

TEST_CASE("unknown namespace labels never skip a policy", "[policy][selection]") {
  const LabelRequirement team{"team", Operator::In, {"ml"}};
  const LabelRequirement not_system{kName, Operator::NotIn, {"kube-system"}};
  Workload workload;
  workload.namespace_name = "ml";
  CHECK(selects_namespace({team, not_system}, workload));
  CHECK_FALSE(selects_namespace({{kName, Operator::In, {"other"}}}, workload));
  workload.namespace_name = "kube-system";
  CHECK_FALSE(selects_namespace({team, not_system}, workload));
  workload.namespace_labels = Labels{{"team", "web"}};
  workload.namespace_name = "ml";
  CHECK_FALSE(selects_namespace({team}, workload));
  CHECK(selects_namespace({{kName, Operator::In, {"ml"}}}, workload));
  workload.namespace_name = "";  // a bare image: no namespace to ask
  workload.namespace_labels.reset();
  CHECK(selects_namespace({team, {kName, Operator::In, {"ml"}}}, workload));
}

TEST_CASE("a policy covers kinds, namespaces and objects", "[policy][selection]") {
  World world;
  CHECK(covers(world.policy(), world.workload));
  world.workload.kind = WorkloadKind::CronJob;
  CHECK_FALSE(covers(world.policy(), world.workload));
  world.workload.kind = WorkloadKind::Pod;
  world.policy().namespace_name = "other";
  CHECK_FALSE(covers(world.policy(), world.workload));
  world.policy().namespace_name = "ml";
  CHECK(covers(world.policy(), world.workload));
  world.policy().match.object_selector = {{"app", Operator::In, {"x"}}};
  CHECK_FALSE(covers(world.policy(), world.workload));
  world.workload.labels = {{"app", "x"}};
  CHECK(covers(world.policy(), world.workload));
  world.workload.namespace_name = "";
  CHECK_FALSE(covers(world.policy(), world.workload));  // a namespace's policy, and no namespace
}

TEST_CASE("a policy judges images by type, glob and news", "[policy][selection]") {
  World world;
  Policy& policy = world.policy();
  WorkloadImage image = world.workload.images[0];
  const auto reference = parse_image_reference(image.image).value();
  CHECK(covers_image(policy, image, &reference));
  CHECK(covers_image(policy, image, nullptr));

  policy.match.images = samples::globs({"registry.example/ml/**"});
  CHECK(covers_image(policy, image, &reference));
  CHECK_FALSE(covers_image(policy, image, nullptr));
  policy.match.exclude_images = samples::globs({"registry.example/**"});
  CHECK_FALSE(covers_image(policy, image, &reference));
  policy.match.images.clear();
  CHECK(covers_image(policy, image, nullptr));
  policy.match.exclude_images.clear();

  image.is_new = false;
  CHECK_FALSE(covers_image(policy, image, &reference));
  policy.updates = Updates::All;
  CHECK(covers_image(policy, image, &reference));
  policy.match.container_types = {ContainerType::InitContainer};
  CHECK_FALSE(covers_image(policy, image, &reference));
}

TEST_CASE("an exemption ends at its instant and holds where all its lists do",
          "[policy][selection]") {
  World world;
  CHECK_FALSE(world.exempt());
  Exemption exemption;
  exemption.name = "notebooks";
  world.policy().exemptions = {exemption};
  CHECK(world.exempt());

  auto& stored = world.policy().exemptions[0];
  stored.expires_at = kNow + std::chrono::seconds{1};
  CHECK(world.exempt());
  stored.expires_at = kNow;
  CHECK_FALSE(world.exempt());
  stored.expires_at.reset();

  stored.namespaces = {"web"};
  CHECK_FALSE(world.exempt());
  stored.namespaces = {"web", "ml"};
  CHECK(world.exempt());
  stored.rules = {"other"};
  CHECK_FALSE(world.exempt());
  stored.rules = {"size"};
  CHECK(world.exempt());
  stored.images = samples::globs({"registry.example/web/*"});
  CHECK_FALSE(world.exempt());
  stored.images = samples::globs({"registry.example/ml/*"});
  CHECK(world.exempt());
  CHECK_FALSE(
      is_exempt(world.policy(), world.policy().rules[0], world.workload, nullptr, world.context()));
}

TEST_CASE("an exception counts only where it is honoured, for its own namespace",
          "[policy][selection]") {
  World world;
  Exception exception;
  exception.name = "x";
  exception.namespace_name = "ml";
  exception.policy_refs = {{true, "lean"}};
  world.policies.exceptions = {exception};
  auto& stored = world.policies.exceptions[0];
  CHECK_FALSE(world.exempt());
  world.exception_namespaces = {"web"};
  CHECK_FALSE(world.exempt());
  world.exception_namespaces = {"ml"};
  CHECK(world.exempt());
  world.exception_namespaces = {"*"};
  CHECK(world.exempt());

  stored.namespace_name = "web";
  CHECK_FALSE(world.exempt());
  stored.namespace_name = "ml";
  stored.policy_refs = {{false, "lean"}};
  CHECK_FALSE(world.exempt());
  world.policy().namespace_name = "ml";
  CHECK(world.exempt());
  stored.policy_refs = {{true, "lean"}};
  CHECK_FALSE(world.exempt());
  world.policy().namespace_name = "";
  stored.policy_refs = {{true, "another"}};
  CHECK_FALSE(world.exempt());
  stored.policy_refs = {};
  CHECK_FALSE(world.exempt());
  stored.policy_refs = {{true, "lean"}};

  stored.expires_at = kNow;
  CHECK_FALSE(world.exempt());
  stored.expires_at.reset();
  stored.object_selector = {{"app", Operator::Exists, {}}};
  CHECK_FALSE(world.exempt());
  world.workload.labels = {{"app", "x"}};
  CHECK(world.exempt());
  world.workload.namespace_name = "";
  stored.namespace_name = "";
  CHECK_FALSE(world.exempt());
}

TEST_CASE("a lookup is needed only where a rule will use it", "[policy][selection]") {
  World world;
  const auto needed = [&] {
    return needs_lookup(world.workload, world.workload.images[0], world.context());
  };
  CHECK(needed());
  world.policy().exemptions.push_back({"all", "", {}, {}, {}, {}});
  CHECK_FALSE(needed());
  world.policy().exemptions.clear();
  world.policy().rules = {samples::rule("pinned", ReferenceRule{})};
  CHECK_FALSE(needed());
  world.policy().rules.push_back(samples::rule("arch", PlatformsRule{}));
  CHECK(needed());
  world.workload.images[0].image = "NOT A REFERENCE";
  CHECK_FALSE(needed());
}

TEST_CASE("the strictest failure policy of a namespace", "[policy][selection]") {
  PolicySet set{{samples::policy("a", {}), samples::policy("b", {})}, {}};
  CHECK(strictest_failure_policy(set, "ml") == FailurePolicy::Ignore);
  CHECK(strictest_failure_policy({}, "ml") == FailurePolicy::Ignore);
  set.policies[1].failure_policy = FailurePolicy::Fail;
  CHECK(strictest_failure_policy(set, "ml") == FailurePolicy::Fail);
  set.policies[1].match.namespace_selector = {{kName, Operator::NotIn, {"kube-system"}}};
  CHECK(strictest_failure_policy(set, "kube-system") == FailurePolicy::Ignore);
  CHECK(strictest_failure_policy(set, "ml") == FailurePolicy::Fail);
  set.policies[1].namespace_name = "web";
  CHECK(strictest_failure_policy(set, "ml") == FailurePolicy::Ignore);
  CHECK(strictest_failure_policy(set, "web") == FailurePolicy::Fail);
}

TEST_CASE("literal base references are worth knowing, once each", "[policy][selection]") {
  const BaseRule base{
      samples::globs(
          {"docker.io/library/python:3.13-slim", "gcr.io/**", "docker.io/library/scratch"}),
      samples::globs({"docker.io/library/python:3.13-slim", "docker.io/library/ubuntu:24.04"}),
      {}};
  const PolicySet set{
      {samples::policy("a", {samples::rule("base", base), samples::rule("size", SizeRule{})})}, {}};
  const auto references = literal_base_references(set);
  REQUIRE(references.size() == 2);
  CHECK(references[0].str() == "docker.io/library/python:3.13-slim");
  CHECK(references[1].str() == "docker.io/library/ubuntu:24.04");
}

}  // namespace leangate::policy
