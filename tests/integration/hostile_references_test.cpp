// References that lead nowhere end where they are read: no name is resolved for them and nobody is
// connected to. Those that lead somewhere lead where a node would go.
#include <memory>
#include <string>

#include "policy/policy_reader.h"
#include "tests/integration/hostile_registry_fixture.h"
#include "tests/support/catch.h"
#include "webhook/admission/reviewer.h"

namespace leangate::inspection {
namespace {

constexpr const char* kPolicy = R"(
apiVersion: leangate.io/v1alpha1
kind: ClusterLeanImagePolicy
metadata: {name: lean}
spec:
  validationActions: [Deny]
  failurePolicy: Fail
  rules:
  - {name: total-size, size: {maxCompressed: 100Mi}}
)";

// A pod's images judged by the whole of leangate. Names without a registry are the scripted one's,
// so that a lookup that shouldn't be is seen.
class Gate {
 public:
  Gate() {
    options_.hosts.push_back({host_of(registry)});
    options_.hosts.front().plain_http = true;
    options_.hosts.push_back({"localhost:" + std::to_string(registry.port())});
    options_.hosts.back().plain_http = true;
    stack_ = std::make_unique<InspectionStack>(options_);
    reviewer_ = std::make_unique<admission::Reviewer>(
        admission::ReviewerParts{
            .policies = store_,
            .inspector = stack_->caching,
            .cluster = cluster_,
            .clock = stack_->clock,
            .metrics = stack_->metrics,
            .reference = [] { return std::make_shared<const policy::ReferenceData>(); }},
        admission::ReviewerOptions{.platforms = {{"linux", "amd64", ""}},
                                   .unqualified_host = host_of(registry)});
  }

  policy::Verdict judge(const std::string& image) const {
    policy::Workload workload;
    workload.namespace_name = "ml";
    workload.images.push_back({image, "api", "spec.containers[0].image"});
    return reviewer_->judge(workload, deadline_in(seconds{10}));
  }

  ScriptedServer registry;

 private:
  static policies::Snapshot read_policy() {
    auto reading = policy::read_policies(kPolicy, "policy.yaml");
    REQUIRE(reading.mistakes.empty());
    return std::make_shared<const policy::PolicySet>(std::move(reading.policies));
  }

  registry::RegistryOptions options_;
  std::unique_ptr<InspectionStack> stack_;
  policies::PolicyStore store_{read_policy()};
  admission::NoClusterFacts cluster_;
  std::unique_ptr<admission::Reviewer> reviewer_;
};

}  // namespace

TEST_CASE("reference: one that no runtime would pull ends before any request",
          "[inspection][hostile]") {
  const std::string image = GENERATE(as<std::string>{},
                                     "",
                                     ":tag",
                                     "@sha256:" + std::string(64, 'a'),
                                     "a//b",
                                     "Foo:tag",
                                     "docker/Docker",
                                     "-x/y",
                                     std::string(64, 'f'),
                                     "x@sha256:" + std::string(64, 'F'),
                                     "x@md5:" + std::string(32, 'f'),
                                     "x@sha256:../../x",
                                     "[fe80::1%eth0]:5000/x",
                                     "[::1]",
                                     "[2001:db8::192.0.2.33]/x",
                                     "HOST:99999/x",
                                     "HOST:0/x",
                                     "HOST:00443/x",
                                     "user:pw@HOST/x",
                                     "https://HOST/x",
                                     "x\n",
                                     "x\r\nHost: y",
                                     "x?y=z",
                                     "x#y",
                                     "../../x",
                                     "x/../y",
                                     "x%2e%2e/y",
                                     std::string(5'000, 'x'));
  CAPTURE(image.substr(0, 100));
  const Gate gate;
  const policy::Verdict verdict = gate.judge(image);
  REQUIRE(verdict.images.size() == 1);
  REQUIRE(verdict.images.front().failure);
  CHECK(verdict.images.front().failure->kind == Kind::InvalidReference);
  CHECK(gate.registry.connections() == 0);
}

TEST_CASE("reference: digits behind a name are its tag", "[inspection][hostile]") {
  const Gate gate;
  gate.judge("x:5000");
  REQUIRE(gate.registry.requests().size() == 1);
  CHECK(gate.registry.requests().front().target == "/v2/x/manifests/5000");
}

TEST_CASE("reference: with a digest the tag isn't asked for", "[inspection][hostile]") {
  const Gate gate;
  const std::string digest = "sha256:" + std::string(64, 'a');
  gate.judge(host_of(gate.registry) + "/team/app:1@" + digest);
  REQUIRE(gate.registry.requests().size() == 1);
  CHECK(gate.registry.requests().front().target == manifest_path(digest));
}

TEST_CASE("reference: a host is the same in every letter case and with a root dot",
          "[inspection][hostile]") {
  const std::string host = GENERATE(as<std::string>{}, "localhost", "LOCALHOST", "LocalHost.");
  CAPTURE(host);
  Gate gate;
  fakes::BuiltImage image = fakes::build_image({});
  serve_image(gate.registry, image);
  const policy::Verdict verdict =
      gate.judge(host + ":" + std::to_string(gate.registry.port()) + "/team/app:1");
  REQUIRE(verdict.images.size() == 1);
  CHECK_FALSE(verdict.images.front().failure);  // its entry in the configuration was found
  CHECK(gate.registry.requests().size() == 2);
}

}  // namespace leangate::inspection
