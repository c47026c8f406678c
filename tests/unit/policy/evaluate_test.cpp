#include "policy/evaluate.h"

#include "policy/explain.h"
#include "policy/policy_reader.h"
#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

using samples::kMiB;

namespace {

// One policy that allows 1 MiB an image, and a pod with one image.
struct World {
  PolicySet policies{{samples::policy("lean", {samples::rule("size", SizeRule{kMiB, {}})})}, {}};
  ReferenceData reference;
  Workload workload = samples::pod({samples::container("registry.example/ml/api:1")});
  std::vector<ImageEvidence> evidence{samples::evidence({samples::image({2 * kMiB})})};
  Enforcement enforcement = Enforcement::Enforce;
  std::optional<FailurePolicy> failure_policy;

  Policy& policy() { return policies.policies.front(); }
  Verdict judge() const {
    return evaluate(workload,
                    evidence,
                    {policies, reference, Instant{}, enforcement, {}, "docker.io", failure_policy});
  }
  ImageVerdict judge_one() const { return judge().images.at(0); }
};

}  // namespace

TEST_CASE("an image over its limit is denied, one within it isn't", "[policy][evaluate]") {
  World world;
  const Verdict verdict = world.judge();
  CHECK(verdict.decision == Decision::Deny);
  CHECK(verdict.intended_decision == Decision::Deny);
  CHECK(verdict.policies == std::vector<std::string>{"lean"});
  REQUIRE(verdict.images.size() == 1);
  const ImageVerdict& image = verdict.images[0];
  CHECK(image.reference == "registry.example/ml/api:1");
  CHECK(image.digest == world.evidence[0].digest);
  CHECK(image.platform == Platform{"linux", "amd64", ""});
  CHECK(image.compressed_bytes == 2 * kMiB);
  REQUIRE(image.findings.size() == 1);
  CHECK(image.findings[0].policy == "lean");
  CHECK(image.findings[0].rule == "size");
  CHECK(image.findings[0].actions == ActionSet{Action::Deny, Action::Audit});

  world.evidence = {samples::evidence({samples::image({kMiB})})};
  CHECK(world.judge().decision == Decision::Allow);
  CHECK(world.judge_one().findings.empty());
}

TEST_CASE("what an action does", "[policy][evaluate]") {
  struct Case {
    std::string name;
    ActionSet actions;
    Decision decision;
  };
  const auto row = GENERATE(values<Case>({
      {"deny", {Action::Deny}, Decision::Deny},
      {"deny and audit", {Action::Deny, Action::Audit}, Decision::Deny},
      {"warn", {Action::Warn}, Decision::Warn},
      {"warn and audit", {Action::Warn, Action::Audit}, Decision::Warn},
      {"audit", {Action::Audit}, Decision::Allow},
  }));
  CAPTURE(row.name);
  World world;
  world.policy().actions = row.actions;
  CHECK(world.judge().decision == row.decision);
  CHECK(world.judge_one().findings.at(0).actions == row.actions);

  world.enforcement = Enforcement::DryRun;
  const Verdict dry = world.judge();
  CHECK(dry.decision == Decision::Allow);
  CHECK(dry.intended_decision == row.decision);
  CHECK(dry.images[0].findings.at(0).actions == ActionSet{Action::Audit});
  CHECK(dry.images[0].findings.at(0).intended == row.actions);
}

TEST_CASE("a failed lookup follows the failure policy", "[policy][evaluate]") {
  struct Case {
    std::string name;
    FailurePolicy failure_policy;
    ActionSet actions;
    ActionSet expected;
    Decision decision;
  };
  const ActionSet deny{Action::Deny, Action::Audit};
  const ActionSet warn{Action::Warn, Action::Audit};
  const ActionSet audit{Action::Audit};
  const auto row = GENERATE_COPY(values<Case>({
      {"fail denies", FailurePolicy::Fail, deny, deny, Decision::Deny},
      {"fail warns", FailurePolicy::Fail, warn, warn, Decision::Error},
      {"fail records", FailurePolicy::Fail, audit, audit, Decision::Error},
      {"ignore warns where it would deny", FailurePolicy::Ignore, deny, warn, Decision::Error},
      {"ignore warns where it would warn", FailurePolicy::Ignore, warn, warn, Decision::Error},
      {"ignore records", FailurePolicy::Ignore, audit, audit, Decision::Error},
  }));
  CAPTURE(row.name);
  World world;
  world.policy().failure_policy = row.failure_policy;
  world.policy().actions = row.actions;
  world.evidence = {samples::failed_lookup()};
  const ImageVerdict image = world.judge_one();
  CHECK(image.decision == row.decision);
  CHECK_FALSE(image.platform);
  CHECK(image.failure->kind == LookupFailureKind::Unreachable);
  REQUIRE(image.findings.size() == 1);
  CHECK(image.findings[0].could_not_be_judged);
  CHECK(image.findings[0].check == "LookupFailed");
  CHECK(image.findings[0].message == "could not be judged: could not be read");
  CHECK(image.findings[0].actions == row.expected);

  world.failure_policy = FailurePolicy::Ignore;
  CHECK(world.judge().decision == Decision::Error);
}

TEST_CASE("rules that need no lookup are judged without one", "[policy][evaluate]") {
  World world;
  world.policy().rules = {samples::rule("pinned", ReferenceRule{true, {}, {}})};
  world.evidence = {samples::failed_lookup()};
  CHECK(world.judge_one().findings.at(0).check == "DigestRequired");
  CHECK(world.judge().decision == Decision::Deny);

  ImageEvidence not_asked;
  not_asked.was_looked_up = false;
  world.evidence = {not_asked};
  CHECK(world.judge_one().findings.at(0).check == "DigestRequired");
  CHECK_FALSE(world.judge_one().failure);

  world.policy().rules = {samples::rule("pinned", ReferenceRule{})};
  CHECK(world.judge().decision == Decision::Allow);
  world.policy().rules = {samples::rule("size", SizeRule{kMiB, {}})};
  CHECK(world.judge().decision == Decision::Error);  // asked for after all
  world.evidence.clear();
  CHECK(world.judge().decision == Decision::Error);
}

TEST_CASE("text that is no reference can't be judged by any rule", "[policy][evaluate]") {
  World world;
  world.workload.images[0].image = "NOT A\nREFERENCE";
  world.policy().rules = {samples::rule("size", SizeRule{kMiB, {}}),
                          samples::rule("pinned", ReferenceRule{true, {}, {}})};
  world.policy().failure_policy = FailurePolicy::Fail;
  const ImageVerdict image = world.judge_one();
  CHECK(image.reference == "NOT A REFERENCE");
  CHECK(image.failure->kind == LookupFailureKind::InvalidReference);
  CHECK(image.decision == Decision::Deny);
  REQUIRE(image.findings.size() == 2);
  CHECK(image.findings[1].could_not_be_judged);
}

TEST_CASE("an index without a platform to judge is a failed lookup", "[policy][evaluate]") {
  World world;
  world.evidence[0].platforms.clear();
  CHECK(world.judge_one().failure->kind == LookupFailureKind::NoSuchPlatform);
  CHECK(world.judge().decision == Decision::Error);
}

TEST_CASE("the worst platform decides and is named", "[policy][evaluate]") {
  ImageFacts small = samples::image({kMiB});
  ImageFacts large = samples::image({3 * kMiB});
  large.platform = {"linux", "arm64", ""};
  ImageFacts larger = samples::image({4 * kMiB});
  larger.platform = {"linux", "s390x", ""};
  World world;
  world.evidence = {samples::evidence({small, large, larger})};
  CHECK(world.judge_one().platform->architecture == "s390x");  // as many findings, and larger
  CHECK(world.judge_one().findings.size() == 1);

  larger.config->user = "65532";
  large.config->user = "root";
  world.policy().rules.push_back(samples::rule("user", ConfigRule{true, {}, {}}));
  world.evidence = {samples::evidence({small, large, larger})};
  CHECK(world.judge_one().platform->architecture == "arm64");  // most findings

  world.policy().rules[0].actions = ActionSet{Action::Audit};
  small.config->user = "0";
  large.config->user = "65532";
  world.evidence = {samples::evidence({large, small})};
  CHECK(world.judge_one().platform->architecture == "amd64");  // the stronger action

  world.enforcement = Enforcement::DryRun;
  CHECK(world.judge_one().platform->architecture == "amd64");  // and the same in dry run
}

TEST_CASE("all policies' findings are collected, strongest first", "[policy][evaluate]") {
  World world;
  Policy own = samples::policy("own",
                               {samples::rule("many", LayersRule{0, {}}),
                                samples::rule("pinned", ReferenceRule{true, {}, {}})});
  own.namespace_name = "ml";
  own.actions = {Action::Warn};
  own.rules[1].actions = ActionSet{Action::Deny};
  own.rules[1].message = "Ask the\nplatform team.";
  own.rules[1].severity = Severity::High;
  world.policies.policies.push_back(own);
  const Verdict verdict = world.judge();
  CHECK(verdict.policies == std::vector<std::string>{"lean", "ml/own"});
  const auto& findings = verdict.images.at(0).findings;
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].rule == "size");
  CHECK(findings[1].rule == "pinned");
  CHECK(findings[1].policy == "ml/own");
  CHECK(findings[1].author_message == "Ask the platform team.");
  CHECK(findings[1].severity == Severity::High);
  CHECK(findings[2].rule == "many");
}

TEST_CASE("findings that don't depend on the platform appear once", "[policy][evaluate]") {
  World world;
  world.policy().rules = {samples::rule("pinned", ReferenceRule{true, {}, {}}),
                          samples::rule("arch", PlatformsRule{{{"linux", "s390x", ""}}})};
  world.evidence = {samples::evidence({samples::image({1}), samples::image({2})})};
  CHECK(world.judge_one().findings.size() == 2);
}

TEST_CASE("missing evidence counts as the rule says", "[policy][evaluate]") {
  World world;
  const auto judge_with = [&](UnknownEvidence unknown) {
    world.policy().rules = {
        samples::rule("base", BaseRule{samples::globs({"gcr.io/**"}), {}, unknown})};
    return world.judge_one();
  };
  CHECK(judge_with(UnknownEvidence::Skip).findings.empty());
  REQUIRE(judge_with(UnknownEvidence::Skip).skipped.size() == 1);
  CHECK(judge_with(UnknownEvidence::Skip).skipped[0].rule == "base");
  CHECK(judge_with(UnknownEvidence::Pass).findings.empty());
  CHECK(judge_with(UnknownEvidence::Pass).skipped.empty());
  REQUIRE(judge_with(UnknownEvidence::Fail).findings.size() == 1);
  CHECK(judge_with(UnknownEvidence::Fail).findings[0].check == "BaseUnknown");
  CHECK(judge_with(UnknownEvidence::Fail).decision == Decision::Deny);
}

TEST_CASE("workloads get the early word", "[policy][evaluate]") {
  World world;
  world.workload.kind = WorkloadKind::Deployment;
  CHECK(world.judge().decision == Decision::Warn);
  world.policy().rules[0].actions = ActionSet{Action::Deny};
  CHECK(world.judge().decision == Decision::Warn);
  CHECK(world.judge().kind == WorkloadKind::Deployment);
}

TEST_CASE("uncovered images are left out, exempt rules find nothing", "[policy][evaluate]") {
  World world;
  world.workload.images.push_back(samples::container("quay.io/x/y:1", "side"));
  world.evidence.push_back(samples::evidence({samples::image({2 * kMiB})}));
  world.policy().match.exclude_images = samples::globs({"registry.example/**"});
  const Verdict verdict = world.judge();
  REQUIRE(verdict.images.size() == 1);
  CHECK(verdict.images[0].image.container == "side");

  world.policy().exemptions.push_back({"all", "", {}, {}, {}, {}});
  CHECK(world.judge().decision == Decision::Allow);
  CHECK(world.judge().images.size() == 1);
  world.policy().match.kinds.clear();
  CHECK(world.judge().images.empty());
  CHECK(world.judge().policies.empty());
}

TEST_CASE("an artifact has a size but nothing to run", "[policy][evaluate]") {
  World world;
  ImageFacts artifact = samples::image({2 * kMiB});
  artifact.config.reset();
  world.policy().rules.push_back(
      samples::rule("user", ConfigRule{true, {}, UnknownEvidence::Skip}));
  world.evidence = {samples::evidence({artifact})};
  const ImageVerdict image = world.judge_one();
  REQUIRE(image.findings.size() == 1);
  CHECK(image.findings[0].check == "TotalCompressedSize");
  CHECK(image.skipped.size() == 1);
}

TEST_CASE("a finding on old evidence says so, one on the reference doesn't", "[policy][evaluate]") {
  World world;
  world.policy().rules.push_back(samples::rule("tag", ReferenceRule{.deny_tags = {"1"}}));
  world.evidence[0].stale_since =
      std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours{4};
  const ImageVerdict image = world.judge_one();
  CHECK(image.stale_since == world.evidence[0].stale_since);
  REQUIRE(image.findings.size() == 2);
  CHECK(image.findings[0].message.find(
            "(as of 2026-11-23T04:00Z; the registry can't be read now) 2 MiB") == 0);
  CHECK(image.findings[1].message.find("as of") == std::string::npos);
}

TEST_CASE("what registries say isn't shown under DryRun", "[policy][evaluate]") {
  World world;
  world.evidence.front().notices = {{"registry.example", "deprecated", true},
                                    {"stranger.example", "buy this", false}};
  world.enforcement = GENERATE(Enforcement::Enforce, Enforcement::DryRun);
  const ImageVerdict image = world.judge_one();
  REQUIRE(image.notices.size() == 2);
  CHECK(image.notices[0].may_be_shown == (world.enforcement == Enforcement::Enforce));
  CHECK_FALSE(image.notices[1].may_be_shown);
}

TEST_CASE("no hostile text survives in a finding", "[policy][evaluate]") {
  World world;
  ImageFacts facts = samples::image({2 * kMiB});
  facts.config->user = "root:\x1b[2J\n\xE2\x80\xAE";
  facts.layers[0].media_type = "a\nb";
  world.policy().rules = {samples::rule("user", ConfigRule{true, {}, {}}),
                          samples::rule("type", LayersRule{{}, {"a\nb"}})};
  world.evidence = {samples::evidence({facts})};
  const ImageVerdict image = world.judge_one();
  REQUIRE(image.findings.size() == 2);
  for (const Finding& finding : image.findings) {
    for (const std::string& text : {finding.message, finding.observed, finding.allowed}) {
      CHECK(text.find_first_of("\n\x1b") == std::string::npos);
    }
  }
}

TEST_CASE("a thousand images of a thousand layers make a bounded review", "[policy][evaluate]") {
  World world;
  const auto action = GENERATE(Action::Deny, Action::Warn);
  world.policy().actions = {action};
  world.policy().rules = {samples::rule("layer-size", SizeRule{{}, kMiB})};
  ImageFacts facts = samples::image({});
  facts.config.reset();
  facts.layers.resize(1000, {"sha256:layer", "application/vnd.oci.image.layer.v1.tar", 2 * kMiB});
  world.workload.images.clear();
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    world.workload.images.push_back(
        samples::container("registry.example/ml/api:" + number, "api" + number));
  }
  world.evidence.assign(1000, samples::evidence({facts}));

  const Verdict verdict = world.judge();
  std::size_t findings = 0;
  for (const ImageVerdict& image : verdict.images) {
    findings += image.findings.size();
  }
  CHECK(findings == 1000);
  const std::string& message = verdict.images.at(0).findings.at(0).message;
  CHECK(message.find(", and 999 more layers are over it") != std::string::npos);
  std::size_t bytes = 0;
  for (const std::string& line : warnings(verdict)) {
    bytes += line.size();
  }
  CHECK(bytes < 4096);
  CHECK(denial_message(verdict).size() <= 16u << 10);
  CHECK((action == Action::Deny ? denial_message(verdict) : warnings(verdict).back())
            .find("more findings are left out") != std::string::npos);
}

TEST_CASE("builtin:ml-inference lets an image from scratch pass", "[policy][evaluate]") {
  World world;
  for (const BuiltinPolicy& builtin : builtin_policies()) {
    if (builtin.name == "ml-inference") {
      world.policies = read_policies(std::string{builtin.yaml}, "builtin").policies;
    }
  }
  REQUIRE(world.policy().name == "ml-inference");
  const auto judge_base = [&](const char* base) {
    ImageFacts facts = samples::image({kMiB});
    facts.annotations["org.opencontainers.image.base.name"] = base;
    world.evidence = {samples::evidence({facts})};
    return world.judge_one();
  };
  CHECK(judge_base("scratch").findings.empty());
  CHECK(judge_base("scratch").base.name == "scratch");
  REQUIRE(judge_base("debian:13").findings.size() == 1);
  CHECK(judge_base("debian:13").findings[0].check == "BaseAllowed");
}

}  // namespace leangate::policy
