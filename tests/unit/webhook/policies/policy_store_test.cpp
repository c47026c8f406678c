#include "webhook/policies/policy_store.h"

#include <filesystem>
#include <string>
#include <vector>

#include "tests/fakes/temporary_folder.h"
#include "tests/support/catch.h"
#include "tests/support/mistake_texts.h"

namespace leangate::policies {
namespace {

std::string policy_named(const std::string& name) {
  return "{apiVersion: leangate.io/v1alpha1, kind: ClusterLeanImagePolicy, metadata: {name: " +
         name + "}, spec: {rules: [{name: r, layers: {max: 9}}]}}\n";
}

// The names of the policies, or of the mistakes, that the sources give.
std::vector<std::string> load(const std::vector<std::string>& sources) {
  const auto snapshot = load_policies(sources);
  if (!snapshot) {
    return texts_of(snapshot.error());
  }
  std::vector<std::string> names;
  for (const policy::Policy& policy : (*snapshot)->policies) {
    names.push_back(policy.name);
  }
  return names;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("without a source the baseline is in force", "[policies]") {
  CHECK(load({}) == Texts{"baseline"});
  CHECK(load({"builtin:ml-inference", "builtin:baseline"}) == Texts{"ml-inference", "baseline"});
}

TEST_CASE("a directory is read by name, and only what are policies", "[policies]") {
  const fakes::TemporaryFolder folder;
  folder.write("b.yml", policy_named("two"));
  folder.write("a.yaml", policy_named("one"));
  folder.write("c.json",
               R"({"apiVersion": "leangate.io/v1alpha1", "kind": "ClusterLeanImagePolicy",
                   "metadata": {"name": "three"},
                   "spec": {"rules": [{"name": "r", "layers": {"max": 9}}]}})");
  folder.write("README.md", "not a policy");
  folder.write(".hidden.yaml", "not: [read");
  folder.write("inner.yaml/d.yaml", "not: [read");
  CHECK(load({folder.path().string()}) == Texts{"one", "two", "three"});
  CHECK(load({(folder.path() / "b.yml").string(), "builtin:baseline"}) == Texts{"two", "baseline"});
}

TEST_CASE("a mounted ConfigMap is read once, through its links", "[policies]") {
  const fakes::TemporaryFolder folder;
  folder.write("..2026_11_23/policy.yaml", policy_named("mounted"));
  std::filesystem::create_directory_symlink("..2026_11_23", folder.path() / "..data");
  std::filesystem::create_symlink("..data/policy.yaml", folder.path() / "policy.yaml");
  CHECK(load({folder.path().string()}) == Texts{"mounted"});
}

TEST_CASE("what can't be loaded is named, all of it at once", "[policies]") {
  const fakes::TemporaryFolder folder;
  const std::string here = folder.path().string();
  CHECK(load({"builtin:lean", here + "/none.yaml", here}) ==
        Texts{"builtin:lean: no such built-in policy, there are baseline, ml-inference",
              here + "/none.yaml: no such file or directory",
              here + ": holds no *.yaml, *.yml or *.json"});

  std::filesystem::create_symlink("nowhere", folder.path() / "broken.yaml");
  folder.write("bad.yaml", "a: [\n");
  folder.write("large.yaml", std::string((4u << 20) + 1, ' '));
  CHECK(load({here}) == Texts{here + "/bad.yaml:2:1: is no YAML: end of sequence flow not found",
                              here + "/broken.yaml: can't be opened",
                              here + "/large.yaml: is larger than 4194304 bytes"});
}

TEST_CASE("one policy in two sources is a mistake", "[policies]") {
  const fakes::TemporaryFolder folder;
  const std::string one = folder.write("one.yaml", policy_named("p"));
  const std::string two = folder.write("two.yaml", policy_named("p"));
  CHECK(load({folder.path().string()}) ==
        Texts{two + ": metadata.name: ClusterLeanImagePolicy p is defined in " + one + " already"});
}

TEST_CASE("the store hands out what was put in last", "[policies]") {
  const Snapshot first = std::make_shared<const policy::PolicySet>();
  const Snapshot second = std::make_shared<const policy::PolicySet>();
  PolicyStore store{first};
  const Snapshot held = store.snapshot();
  CHECK(held == first);
  store.replace(second);
  CHECK(store.snapshot() == second);
  CHECK(held == first);
}

}  // namespace leangate::policies
