// What read_policies says about wrong documents, word by word; policy_reader_test.cpp has the good
// ones.
#include <string>
#include <vector>

#include "policy/policy_reader.h"
#include "tests/support/catch.h"
#include "tests/support/mistake_texts.h"

namespace leangate::policy {
namespace {

const std::string kClusterHead =
    "{apiVersion: leangate.io/v1alpha1, kind: ClusterLeanImagePolicy, metadata: {name: p}, spec: ";
const std::string kOneRule = "rules: [{name: r, layers: {max: 9}}]";

// The mistakes without file and place, which other tests look at.
std::vector<std::string> complaints(const std::string& text) {
  return texts_of(read_policies(text, "").mistakes);
}

}  // namespace

TEST_CASE("a file's mistakes are counted together, whoever found them", "[policy][reader]") {
  std::string fields;
  for (int i = 0; i < 90; ++i) {
    fields += "unknown" + std::to_string(i) + ": 1, twice" + ": 1, ";
  }
  // One "twice" is unknown, 89 are duplicates.
  const auto told = complaints(kClusterHead + "{" + fields + kOneRule + "}}");
  REQUIRE(told.size() == kMaxMistakes + 1);
  CHECK(told.back() == "80 more mistakes");
}

TEST_CASE("every mistake in a spec is told in a sentence", "[policy][reader]") {
  struct Case {
    std::string spec;
    std::vector<std::string> mistakes;
  };
  const auto with_one_rule = [](const std::string& fields) { return fields + ", " + kOneRule; };
  const auto in_rule = [](const std::string& fields) {
    return "rules: [{name: r, " + fields + "}]";
  };
  const auto in_exemption = [](const std::string& fields) {
    return "exemptions: [{" + fields + "}], rules: [{name: total-size, layers: {max: 9}}]";
  };
  const auto row = GENERATE_COPY(values<Case>({
      {"updates: All", {"spec.rules: is missing"}},
      {"rules: []", {"spec.rules: is an empty list, expected 1 to 32 rules"}},
      {"rules: {}", {"spec.rules: is a mapping, expected a list of mappings"}},
      {"rules: [x, {name: r, layers: {max: 9}}]",
       {"spec.rules[0]: \"x\" is a string, expected a mapping"}},
      {"rules: [{layers: {max: 9}}, {name: No_Label, layers: {max: 9}}]",
       {"spec.rules[0].name: is missing",
        "spec.rules[1].name: \"No_Label\" is no name: expected at most 63 of a-z, 0-9 and '-', a "
        "letter or digit at both ends"}},
      {"rules: [{name: r, layers: {max: 9}}, {name: r, layers: {max: 8}}]",
       {"spec.rules[1].name: \"r\" is the name of an earlier rule"}},
      {with_one_rule("validationActions: [Deny, Warn]"),
       {"spec.validationActions: Deny and Warn exclude each other: a denial shows the message "
        "anyway"}},
      {with_one_rule("validationActions: []"),
       {"spec.validationActions: is an empty list, expected at least one of Deny, Warn, Audit"}},
      {with_one_rule("workloadActions: [Log]"),
       {"spec.workloadActions[0]: \"Log\" is not one of Deny, Warn, Audit"}},
      {with_one_rule("failurePolicy: Skip"),
       {"spec.failurePolicy: \"Skip\" is not one of Ignore, Fail"}},
      {with_one_rule("updates: changed"), {"spec.updates: \"changed\" is not one of Changed, All"}},
      {with_one_rule("exemption: []"),
       {"spec.exemption: is not a known field, did you mean exemptions?"}},
      {with_one_rule("match: {image: []}"),
       {"spec.match.image: is not a known field, did you mean images?"}},
      {with_one_rule("match: {containerTypes: [container]}"),
       {"spec.match.containerTypes[0]: \"container\" is not one of containers, initContainers, "
        "ephemeralContainers, imageVolumes"}},
      {with_one_rule("match: {kinds: [pod]}"),
       {"spec.match.kinds[0]: \"pod\" is not one of Pod, Deployment, ReplicaSet, StatefulSet, "
        "DaemonSet, ReplicationController, Job, CronJob, PodTemplate"}},
      {with_one_rule("match: {images: [app]}"),
       {"spec.match.images[0]: \"app\" is a string, expected a mapping"}},
      {with_one_rule("match: {images: [{glob: a}, {glob: docker.io/library/a}]}"),
       {"spec.match.images[1].glob: \"docker.io/library/a\" stands in the list already"}},
      {with_one_rule("match: {images: [{globs: a}]}"),
       {"spec.match.images[0].glob: is missing",
        "spec.match.images[0].globs: is not a known field, did you mean glob?"}},
      {with_one_rule("match: {images: [{glob: \"***\"}]}"),
       {"spec.match.images[0].glob: \"***\" is not a glob: \"***\" means nothing: `*` stays within "
        "a path component, `**` crosses components"}},
      {with_one_rule("match: {images: [{glob: \"*:latest\"}]}"),
       {"spec.match.images[0].glob: \"*:latest\" is not a glob: a single * in front would stand "
        "for names in docker.io/library only, write ** for any repository"}},
      {with_one_rule("match: {images: [{glob: Python}]}"),
       {"spec.match.images[0].glob: \"Python\" is not a glob: upper case before the tag can never "
        "match: registries and names are lower case"}},
      {with_one_rule("match: {objectSelector: {matchLabels: {-a: b, c: \"d e\"}}}"),
       {"spec.match.objectSelector.matchLabels: \"-a\" is no label key",
        "spec.match.objectSelector.matchLabels: \"d e\" is no label value"}},
      {with_one_rule("match: {objectSelector: {matchLabels: {a: 1}}}"),
       {"spec.match.objectSelector.matchLabels.a: 1 is a number, expected a string: write \"1\" in "
        "quotes"}},
      {with_one_rule("match: {objectSelector: {matchExpressions: [{key: a, operator: In}, {key: b, "
                     "operator: Exists, values: [c]}]}}"),
       {"spec.match.objectSelector.matchExpressions[0].values: In and NotIn need at least one "
        "value",
        "spec.match.objectSelector.matchExpressions[1].values: Exists and DoesNotExist take no "
        "values"}},
      {with_one_rule("match: {objectSelector: {matchExpressions: [{key: A/b, operator: NotIn, "
                     "values: [x, \"y z\"]}, {operator: in}]}}"),
       {"spec.match.objectSelector.matchExpressions[0].key: \"A/b\" is no label key",
        "spec.match.objectSelector.matchExpressions[0].values: \"y z\" is no label value",
        "spec.match.objectSelector.matchExpressions[1].key: is missing",
        "spec.match.objectSelector.matchExpressions[1].operator: \"in\" is not one of In, NotIn, "
        "Exists, DoesNotExist"}},
      {in_rule(""),
       {"spec.rules[0]: has no kind of rule, expected exactly one of size, layers, base, config, "
        "reference, platforms"}},
      {in_rule("size: {maxCompressed: 1Gi}, layers: {max: 9}"),
       {"spec.rules[0]: has size and layers, expected exactly one kind of rule"}},
      {in_rule("instructions: {deny: [AptListsLeft]}"),
       {"spec.rules[0].instructions: is not in this version"}},
      {in_rule("accelerator: {denyUnrequested: true}"),
       {"spec.rules[0].accelerator: is not in this version"}},
      {in_rule("contents: {}"), {"spec.rules[0].contents: is not in this version"}},
      {in_rule("waste: {}"), {"spec.rules[0].waste: is not in this version"}},
      {in_rule("sizes: {maxCompressed: 1Gi}"),
       {"spec.rules[0]: has no kind of rule, expected exactly one of size, layers, base, config, "
        "reference, platforms",
        "spec.rules[0].sizes: is not a known field, did you mean size?"}},
      {in_rule("severity: urgent, layers: {max: 9}"),
       {"spec.rules[0].severity: \"urgent\" is not one of critical, high, medium, low, info"}},
      {in_rule("message: 5, layers: {max: 9}"),
       {"spec.rules[0].message: 5 is a number, expected a string: write \"5\" in quotes"}},
      {in_rule("size: {}"),
       {"spec.rules[0].size: checks nothing, expected at least one of its fields"}},
      {in_rule("size: 500Mi"), {"spec.rules[0].size: \"500Mi\" is a string, expected a mapping"}},
      {in_rule("base: {unknown: Fail}"),
       {"spec.rules[0].base: checks nothing, expected at least one of its fields"}},
      {in_rule("size: {maxCompressed: 500MB, maxLayerCompressed: 500m}"),
       {"spec.rules[0].size.maxCompressed: \"500MB\" is not a quantity: expected a number of bytes "
        "with k, M, G, T, Ki, Mi, Gi, Ti or no unit, like 250Mi",
        "spec.rules[0].size.maxLayerCompressed: \"500m\" is not a quantity: expected a number of "
        "bytes with k, M, G, T, Ki, Mi, Gi, Ti or no unit, like 250Mi"}},
      {in_rule("size: {maxCompresed: 500Mi}"),
       {"spec.rules[0].size.maxCompresed: is not a known field, did you mean maxCompressed?"}},
      {in_rule("size: {maxCompressed: 0}"),
       {"spec.rules[0].size.maxCompressed: is 0, which no image can keep"}},
      {in_rule("size: {maxCompressed: }"),
       {"spec.rules[0].size.maxCompressed: is empty, expected a quantity; leave the field out for "
        "its default"}},
      {in_rule("size: {maxAboveBase: 1Gi, maxPodCompressed: 1Gi, maxGrowth: 1Gi}"),
       {"spec.rules[0].size.maxAboveBase: is not in this version",
        "spec.rules[0].size.maxPodCompressed: is not in this version",
        "spec.rules[0].size.maxGrowth: is not in this version"}},
      {in_rule("layers: {max: 0}"), {"spec.rules[0].layers.max: 0 is not between 1 and 1024"}},
      {in_rule("layers: {max: many, denyUncompressed: true, denyDuplicates: true}"),
       {"spec.rules[0].layers.max: \"many\" is a string, expected a whole number",
        "spec.rules[0].layers.denyUncompressed: is not in this version",
        "spec.rules[0].layers.denyDuplicates: is not in this version"}},
      {in_rule("base: {allow: ubuntu}"),
       {"spec.rules[0].base.allow: \"ubuntu\" is a string, expected a list of mappings"}},
      {in_rule("base: {deny: [{glob: \"\"}], unknown: skip}"),
       {"spec.rules[0].base.deny[0].glob: \"\" is not a glob: the pattern is empty",
        "spec.rules[0].base.unknown: \"skip\" is not one of Skip, Pass, Fail"}},
      {in_rule("base: {requireSlim: true, denyDevelopment: true, denyEndOfLife: true, warnWithin: "
               "720h, maxAge: 1h, denyMuslPython: true}"),
       {"spec.rules[0].base.requireSlim: is not in this version",
        "spec.rules[0].base.denyDevelopment: is not in this version",
        "spec.rules[0].base.denyEndOfLife: is not in this version",
        "spec.rules[0].base.warnWithin: is not in this version",
        "spec.rules[0].base.maxAge: is not in this version",
        "spec.rules[0].base.denyMuslPython: is not in this version"}},
      {in_rule("config: {denyRootUser: yes}"),
       {"spec.rules[0].config.denyRootUser: \"yes\" is a string, expected true or false"}},
      {in_rule("config: {maxAge: 1h, denyVolumes: true, denyPorts: [22], denyNotebookServer: true, "
               "denySecretEnv: true}"),
       {"spec.rules[0].config.maxAge: is not in this version",
        "spec.rules[0].config.denyVolumes: is not in this version",
        "spec.rules[0].config.denyPorts: is not in this version",
        "spec.rules[0].config.denyNotebookServer: is not in this version",
        "spec.rules[0].config.denySecretEnv: is not in this version"}},
      {in_rule("reference: {denyTags: [1.0, latest]}"),
       {"spec.rules[0].reference.denyTags[0]: 1.0 is a number, expected a string: write \"1.0\" in "
        "quotes"}},
      {in_rule("reference: {denyTags: [\"*-dev\"]}"),
       {"spec.rules[0].reference.denyTags: \"*-dev\" is not a tag: expected at most 128 letters, "
        "digits, '_', '.' and '-'"}},
      {in_rule("reference: {allowRegistries: [\"registry.example/team\"]}"),
       {"spec.rules[0].reference.allowRegistries: the registry \"registry.example/team\" is no "
        "host name: labels of letters, digits and inner hyphens, separated by dots, or an IPv6 "
        "address in brackets"}},
      {in_rule("platforms: {}"),
       {"spec.rules[0].platforms: checks nothing, expected at least one of its fields"}},
      {in_rule("platforms: {required: [linux]}"),
       {"spec.rules[0].platforms.required: \"linux\" is not a platform: expected "
        "os/architecture[/variant], like linux/amd64"}},
      {in_exemption("name: e"), {"spec.exemptions[0].reason: is missing"}},
      {in_exemption("name: e, reason: \"\""),
       {"spec.exemptions[0].reason: is empty: say why, and who approved it"}},
      {in_exemption("reason: why"), {"spec.exemptions[0].name: is missing"}},
      {in_exemption("name: e, reason: why, expiresAt: 2027-03-31"),
       {"spec.exemptions[0].expiresAt: \"2027-03-31\" is not an instant: expected an instant like "
        "2027-03-31T00:00:00Z (RFC 3339)"}},
      {in_exemption("name: e, reason: why, expiresAt:"),
       {"spec.exemptions[0].expiresAt: is empty, expected an instant; leave the field out for its "
        "default"}},
      {in_exemption("name: e, reason: why, rules: [total-sizes, other]"),
       {"spec.exemptions[0].rules: \"total-sizes\" is no rule of this policy, did you mean "
        "total-size?",
        "spec.exemptions[0].rules: \"other\" is no rule of this policy"}},
      {in_exemption("name: e, reason: why, namespaces: [ML]"),
       {"spec.exemptions[0].namespaces: \"ML\" is no name: expected at most 63 of a-z, 0-9 and "
        "'-'"}},
      {with_one_rule("exemptions: [{name: e, reason: a}, {name: e, reason: b}]"),
       {"spec.exemptions[1].name: \"e\" is the name of an earlier exemption"}},
  }));
  CAPTURE(row.spec);
  CHECK(complaints(kClusterHead + "{" + row.spec + "}}") == row.mistakes);
}

TEST_CASE("every mistake in a document is told in a sentence", "[policy][reader]") {
  struct Case {
    std::string text;
    std::vector<std::string> mistakes;
  };
  const auto row = GENERATE(values<Case>({
      {"{kind: ClusterLeanImagePolicy, metadata: {name: p}, spec: {rules: [{name: r, layers: {max: "
       "9}}]}}",
       {"apiVersion: is missing"}},
      {"{apiVersion: v1, kind: Pod, metadata: {name: p}}",
       {"apiVersion: \"v1\" is not read here, expected leangate.io/v1alpha1"}},
      {"{apiVersion: leangate.io/v1, kind: ClusterLeanImagePolicy}",
       {"apiVersion: \"leangate.io/v1\" is not read here, expected leangate.io/v1alpha1"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: Configuration, enforcement: DryRun}",
       {"kind: \"Configuration\" is not a kind of policy, expected ClusterLeanImagePolicy, "
        "LeanImagePolicy or LeanImageException; --config takes the configuration file"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: LeanPolicy}",
       {"kind: \"LeanPolicy\" is not a kind of policy, expected ClusterLeanImagePolicy, "
        "LeanImagePolicy or LeanImageException"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: ClusterLeanImagePolicy}",
       {"metadata: is missing", "spec: is missing"}},
      {"[]", {"is a list, expected a mapping"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: ClusterLeanImagePolicy, metadata: {name: p, "
       "namespace: n}, spec: {rules: [{name: r, layers: {max: 9}}]}, data: 1}",
       {"metadata.namespace: a ClusterLeanImagePolicy has no namespace: LeanImagePolicy is the "
        "kind for one namespace",
        "data: is not a known field"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: ClusterLeanImagePolicy, metadata: {name: P_, nam: "
       "n}, spec: {rules: [{name: r, layers: {max: 9}}]}}",
       {"metadata.name: \"P_\" is no name: expected at most 253 of a-z, 0-9, '-' and '.', a letter "
        "or digit at both ends",
        "metadata.nam: is not a known field, did you mean name?"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: LeanImagePolicy, metadata: {name: p}, spec: "
       "{match: {namespaceSelector: {}}, exemptions: [{name: e, reason: y, namespaces: [a]}], "
       "rules: [{name: r, layers: {max: 9}}]}}",
       {"metadata.namespace: is missing",
        "spec.match.namespaceSelector: a LeanImagePolicy covers its own namespace only",
        "spec.exemptions[0].namespaces: a LeanImagePolicy covers its own namespace only"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: LeanImagePolicy, metadata: {name: p, namespace: "
       "N}, spec: {rules: [{name: r, layers: {max: 9}}]}}",
       {"metadata.namespace: \"N\" is no namespace: expected at most 63 of a-z, 0-9 and '-', a "
        "letter or digit at both ends"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: LeanImageException, metadata: {name: x, "
       "namespace: n}, spec: {}}",
       {"spec.policyRefs: is missing", "spec.reason: is missing"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: LeanImageException, metadata: {name: x}, spec: "
       "{policyRefs: [], reason: y}}",
       {"metadata.namespace: is missing",
        "spec.policyRefs: is an empty list, expected the policies to be excepted from"}},
      {"{apiVersion: leangate.io/v1alpha1, kind: LeanImageException, metadata: {name: x, "
       "namespace: n}, spec: {policyRefs: [{kind: Policy, name: A}], reason: y, rules: [R]}}",
       {"spec.policyRefs[0].kind: \"Policy\" is not one of ClusterLeanImagePolicy, LeanImagePolicy",
        "spec.policyRefs[0].name: \"A\" is no name of a policy",
        "spec.rules: \"R\" is no name: expected at most 63 of a-z, 0-9 and '-'"}},
  }));
  CAPTURE(row.text);
  CHECK(complaints(row.text) == row.mistakes);
}

TEST_CASE("limits of a policy are kept", "[policy][reader]") {
  std::string rules;
  for (int i = 0; i < 33; ++i) {
    rules += "{name: r" + std::to_string(i) + ", layers: {max: 9}}, ";
  }
  CHECK(complaints(kClusterHead + "{rules: [" + rules + "]}}") ==
        std::vector<std::string>{"spec.rules: has more than 32 entries"});
  CHECK(complaints(kClusterHead + "{rules: [{name: r, message: " + std::string(513, 'x') +
                   ", layers: {max: 9}}]}}") ==
        std::vector<std::string>{"spec.rules[0].message: is longer than 512 bytes"});
  CHECK(complaints(kClusterHead + "{rules: [{name: " + std::string(64, 'x') +
                   ", layers: {max: 9}}]}}")
            .size() == 1);
}

TEST_CASE("mistakes of all documents are told in the order of the text", "[policy][reader]") {
  const PolicyReading reading = read_policies(R"(apiVersion: leangate.io/v1alpha1
kind: ClusterLeanImagePolicy
metadata: {name: one}
spec:
  validationActions: [Deny, Warn]
  rules:
  - name: total-size
    size:
      maxCompressed: 500MB
      maxCompressed: 1Gi
---
broken: [
---
apiVersion: leangate.io/v1alpha1
kind: LeanImageException
metadata: {name: x, namespace: n}
spec:
  policyRefs: [{kind: LeanImagePolicy, name: p}]
  reason: 5
)",
                                              "policies/a.yaml");
  CHECK(texts_of(reading.mistakes) ==
        std::vector<std::string>{
            "policies/a.yaml:5:22: spec.validationActions: Deny and Warn exclude each other: a "
            "denial shows the message anyway",
            "policies/a.yaml:9:22: spec.rules[0].size.maxCompressed: \"500MB\" is not a quantity: "
            "expected a number of bytes with k, M, G, T, Ki, Mi, Gi, Ti or no unit, like 250Mi",
            "policies/a.yaml:10:7: spec.rules[0].size.maxCompressed: stands here for the second "
            "time",
            "policies/a.yaml:13:1: is no YAML: end of sequence flow not found",
            "policies/a.yaml:19:11: spec.reason: 5 is a number, expected a string: write \"5\" in "
            "quotes"});
}

}  // namespace leangate::policy
