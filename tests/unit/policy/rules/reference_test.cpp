#include "policy/rules/reference.h"

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

namespace {

constexpr const char* kDigest =
    "@sha256:0000000000000000000000000000000000000000000000000000000000000000";

}  // namespace

TEST_CASE("references are judged by tag, digest and registry", "[policy][rules][reference]") {
  struct Case {
    std::string name;
    std::string image;
    ReferenceRule rule;
    std::vector<std::string> checks;
  };
  const ReferenceRule digest{true, {}, {}};
  const ReferenceRule tags{false, {"latest", "main"}, {}};
  const ReferenceRule registries{
      false, {}, {"registry.example:5000", "*.corp.example", "docker.io"}};
  const auto row = GENERATE_COPY(values<Case>({
      {"digest required, tag given", "a/b:1", digest, {"DigestRequired"}},
      {"digest required and given", std::string{"a/b"} + kDigest, digest, {}},
      {"denied tag", "a/b:main", tags, {"DeniedTag"}},
      {"latest unsaid", "a/b", tags, {"DeniedTag"}},
      {"another tag", "a/b:1", tags, {}},
      {"a tag beside a digest means nothing", std::string{"a/b:latest"} + kDigest, tags, {}},
      {"registry with port", "registry.example:5000/a", registries, {}},
      {"another port", "registry.example:5001/a", registries, {"RegistryAllowed"}},
      {"without the port", "registry.example/a", registries, {"RegistryAllowed"}},
      {"sub-domain", "a.corp.example/a", registries, {}},
      {"sub-sub-domain", "a.b.corp.example/a", registries, {}},
      {"the domain itself is no sub-domain", "corp.example/a", registries, {"RegistryAllowed"}},
      {"a name that only ends so", "evilcorp.example/a", registries, {"RegistryAllowed"}},
      {"Docker Hub unsaid", "python", registries, {}},
      {"two at once",
       "a/b",
       {true, {"latest"}, {"quay.io"}},
       {"DigestRequired", "DeniedTag", "RegistryAllowed"}},
      {"nothing asked", "a/b", {}, {}},
  }));
  CAPTURE(row.name);
  std::vector<std::string> checks;
  for (const Observation& finding :
       judge_reference(row.rule, parse_image_reference(row.image).value()).findings) {
    CHECK(finding.evidence == Evidence::Pod);
    checks.emplace_back(finding.check);
  }
  CHECK(checks == row.checks);
}

}  // namespace leangate::policy
