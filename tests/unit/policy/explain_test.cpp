#include "policy/explain.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

namespace {

Finding finding(std::string rule, std::string message, ActionSet actions = {Action::Deny}) {
  Finding made;
  made.policy = "lean-default";
  made.rule = std::move(rule);
  made.message = std::move(message);
  made.actions = actions;
  made.intended = std::move(actions);
  return made;
}

// A verdict over one image; its decision follows from the findings' actions.
Verdict verdict_of(std::vector<Finding> findings) {
  ImageVerdict image;
  image.image = samples::container("registry.example/ml/api:1.4");
  image.reference = "registry.example/ml/api:1.4";
  image.platform = Platform{"linux", "amd64", ""};
  image.findings = std::move(findings);
  const auto raise = [](Decision& decision, Action action) {
    const Decision found = action == Action::Deny   ? Decision::Deny
                           : action == Action::Warn ? Decision::Warn
                                                    : Decision::Allow;
    decision = stronger(decision, found);
  };
  for (const Finding& found : image.findings) {
    raise(image.decision, found.action());
    raise(image.intended_decision, found.intended_action());
  }
  Verdict verdict;
  verdict.decision = image.decision;
  verdict.intended_decision = image.intended_decision;
  verdict.images = {image};
  return verdict;
}

Finding unjudged(std::string rule, ActionSet actions) {
  Finding made =
      finding(std::move(rule), "could not be judged: could not be read", std::move(actions));
  made.could_not_be_judged = true;
  return made;
}

}  // namespace

TEST_CASE("a denial reads as promised", "[policy][explain]") {
  Finding size = finding("total-size", "2.31 GiB compressed, 4.7 times the limit of 500 MiB");
  size.remedy = "build in two stages";
  Finding base = finding("approved-bases", "built on docker.io/library/python:3.13");
  base.remedy = "start from another base";
  base.author_message = "Ask the platform team.";
  Finding again = finding("few-layers", "41 layers, the limit is 40");
  again.remedy = "build in two stages";
  CHECK(denial_message(verdict_of({size, base, again})) ==
        "image registry.example/ml/api:1.4 (container \"api\", linux/amd64) is not lean:\n"
        "- total-size: 2.31 GiB compressed, 4.7 times the limit of 500 MiB\n"
        "- approved-bases: built on docker.io/library/python:3.13\n"
        "  Ask the platform team.\n"
        "- few-layers: 41 layers, the limit is 40\n"
        "Fix: build in two stages.\n"
        "Fix: start from another base.\n"
        "Policy lean-default.");
}

TEST_CASE("a denial names the policies where there are several", "[policy][explain]") {
  Finding other = finding("pinned", "named by a tag");
  other.policy = "ml/own";
  CHECK(denial_message(verdict_of({finding("size", "too large"), other})) ==
        "image registry.example/ml/api:1.4 (container \"api\", linux/amd64) is not lean:\n"
        "- lean-default/size: too large\n"
        "- ml/own/pinned: named by a tag\n"
        "Policies lean-default, ml/own.");
}

TEST_CASE("what warns stands in the denial too", "[policy][explain]") {
  const Verdict verdict = verdict_of({finding("size", "too large"),
                                      finding("layers", "41 layers", {Action::Warn}),
                                      finding("quiet", "recorded", {Action::Audit})});
  CHECK(denial_message(verdict) ==
        "image registry.example/ml/api:1.4 (container \"api\", linux/amd64) is not lean:\n"
        "- size: too large\n"
        "Policy lean-default.\n"
        "Warning: [layers] api: 41 layers");
  CHECK(warnings(verdict).empty());
}

TEST_CASE("a failed lookup is one line a policy", "[policy][explain]") {
  Verdict verdict =
      verdict_of({unjudged("size", {Action::Deny}), unjudged("base", {Action::Deny})});
  verdict.images[0].platform.reset();
  CHECK(denial_message(verdict) ==
        "image registry.example/ml/api:1.4 (container \"api\") is not admitted:\n"
        "- size, base: could not be judged: could not be read\n"
        "Policy lean-default.");

  const Verdict warned = verdict_of({unjudged("a", {Action::Warn}),
                                     unjudged("b", {Action::Warn}),
                                     unjudged("c", {Action::Warn}),
                                     unjudged("d", {Action::Warn})});
  CHECK(
      warnings(warned) ==
      std::vector<std::string>{"[a, b, c and 1 more] api: could not be judged: could not be read"});
  CHECK(denial_message(warned).empty());
}

TEST_CASE("the head line says where the image stands", "[policy][explain]") {
  Verdict verdict = verdict_of({finding("size", "too large")});
  const auto head = [&] {
    const std::string message = denial_message(verdict);
    return message.substr(0, message.find('\n'));
  };
  verdict.images[0].image.type = ContainerType::InitContainer;
  CHECK(head().find("(init container \"api\", linux/amd64)") != std::string::npos);
  verdict.images[0].image.type = ContainerType::ImageVolume;
  CHECK(head().find("(volume \"api\", linux/amd64)") != std::string::npos);
  verdict.images[0].image.container = "";
  CHECK(head() == "image registry.example/ml/api:1.4 (linux/amd64) is not lean:");
  verdict.images[0].platform.reset();
  CHECK(head() == "image registry.example/ml/api:1.4 is not lean:");
}

TEST_CASE("at most three fixes are given", "[policy][explain]") {
  std::vector<Finding> findings;
  for (const char* name : {"a", "b", "c", "d"}) {
    findings.push_back(finding(name, "x"));
    findings.back().remedy = name;
  }
  const std::string message = denial_message(verdict_of(findings));
  CHECK(message.find("Fix: c.") != std::string::npos);
  CHECK(message.find("Fix: d.") == std::string::npos);
}

TEST_CASE("a denial is bounded and counts what it leaves out", "[policy][explain]") {
  std::vector<Finding> findings;
  for (int i = 0; i < 200; ++i) {
    findings.push_back(finding("rule" + std::to_string(i), std::string(900, 'x')));
    findings.back().remedy = std::string(500, static_cast<char>('a' + i % 26));
  }
  const std::string message = denial_message(verdict_of(findings));
  CHECK(message.size() <= 16u << 10);
  CHECK(message.size() > 10u << 10);
  CHECK(message.find(" more findings are left out.") != std::string::npos);
  const auto shown = std::count(message.begin(), message.end(), '-');
  CHECK(message.find(std::to_string(200 - (shown - 1)) + " more findings") != std::string::npos);
}

TEST_CASE("an author's message is given once a rule and image", "[policy][explain]") {
  Finding total = finding("size", "too large");
  total.author_message = "Ask us.";
  Finding layer = finding("size", "a layer is too large");
  layer.author_message = "Ask us.";
  CHECK(denial_message(verdict_of({total, layer})) ==
        "image registry.example/ml/api:1.4 (container \"api\", linux/amd64) is not lean:\n"
        "- size: too large\n"
        "  Ask us.\n"
        "- size: a layer is too large\n"
        "Policy lean-default.");
  total.actions = layer.actions = {Action::Warn};
  CHECK(warnings(verdict_of({total, layer})) ==
        std::vector<std::string>{"[size] api: too large. Ask us.",
                                 "[size] api: a layer is too large"});
}

TEST_CASE("nothing follows the first line that doesn't fit", "[policy][explain]") {
  std::vector<Finding> findings(15, finding("a", std::string(900, 'x')));
  findings.push_back(finding("b", std::string(900, 'x')));
  findings.push_back(finding("late", "short"));
  findings.push_back(finding("late", "warned", {Action::Warn}));
  const std::string message = denial_message(verdict_of(findings));
  CHECK(message.find("late") == std::string::npos);
  CHECK(message.find("3 more findings are left out.") != std::string::npos);
}

TEST_CASE("many denied images are bounded as well", "[policy][explain]") {
  Verdict verdict = verdict_of({finding("size", "too large")});
  verdict.images.resize(1000, verdict.images[0]);
  const std::string message = denial_message(verdict);
  CHECK(message.size() <= 16u << 10);
  CHECK(message.find("findings are left out.") != std::string::npos);
}

TEST_CASE("warnings keep Kubernetes' limits, most severe first, each once", "[policy][explain]") {
  Finding mild = finding("mild", "meh", {Action::Warn});
  mild.severity = Severity::Low;
  Finding grave = finding("grave", "bad", {Action::Warn});
  grave.severity = Severity::Critical;
  grave.author_message = "Ask us";
  CHECK(warnings(verdict_of({mild, mild, grave})) ==
        std::vector<std::string>{"[grave] api: bad. Ask us", "[mild] api: meh"});

  std::vector<Finding> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(finding("rule" + std::to_string(i), std::string(400, 'x'), {Action::Warn}));
  }
  const auto lines = warnings(verdict_of(many));
  std::size_t bytes = 0;
  for (const std::string& line : lines) {
    CHECK(line.size() <= 256);
    bytes += line.size();
  }
  CHECK(bytes < 4096);
  CHECK(lines.back() == std::to_string(100 - (lines.size() - 1)) + " more findings are left out");
}

TEST_CASE("what registries say comes last, each once, of configured hosts only",
          "[policy][explain]") {
  Verdict verdict = verdict_of({finding("layer-size", "too large", {Action::Warn})});
  verdict.images[0].notices = {{"registry.example", "deprecated", true},
                               {"stranger.example", "buy this", false},
                               {"registry.example", "deprecated", true},
                               {"registry.example", std::string(5'000, 'x'), true}};
  const auto lines = warnings(verdict);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].substr(0, 13) == "[layer-size] ");
  CHECK(lines[1] == "[registry registry.example] deprecated");
  CHECK(lines[2].size() == 256);

  verdict.decision = Decision::Deny;
  CHECK(warnings(verdict).empty());
}

TEST_CASE("hostile names don't break a line", "[policy][explain]") {
  Verdict verdict = verdict_of({finding("size", "too large")});
  verdict.images[0].image.image = "x\n- forged: line\x1b[2J";
  verdict.images[0].image.container = "api\"\nPolicy forged.";
  const std::string message = denial_message(verdict);
  CHECK(std::count(message.begin(), message.end(), '\n') == 2);
  CHECK(message.find('\x1b') == std::string::npos);
}

TEST_CASE("auditors get short annotations", "[policy][explain]") {
  CHECK(audit_annotations({}).empty());
  CHECK(audit_annotations(verdict_of({})) ==
        std::map<std::string, std::string>{{"verdict", "allow"}});
  CHECK(audit_annotations(verdict_of({finding("a", "x"), finding("b", "y"), finding("a", "z")})) ==
        std::map<std::string, std::string>{{"verdict", "deny"},
                                           {"policy", "lean-default"},
                                           {"rule", "a, b"},
                                           {"image", "registry.example/ml/api:1.4"}});
  Finding dry = finding("size", std::string(1000, 'x'));
  dry.actions = {Action::Audit};
  const auto annotations = audit_annotations(verdict_of({dry}));
  CHECK(annotations.at("verdict") == "allow");
  CHECK(annotations.at("would-deny").find("registry.example/ml/api:1.4: size: xxx") == 0);
  CHECK(annotations.at("would-deny").size() == 256);
  CHECK(denial_message(verdict_of({dry})).empty());
  CHECK(warnings(verdict_of({dry})).empty());
}

TEST_CASE("the oldest evidence is what auditors are told", "[policy][explain]") {
  Verdict verdict = verdict_of({});
  verdict.images.resize(3);
  verdict.images[1].stale_since = Instant{std::chrono::hours{2}};
  verdict.images[2].stale_since = Instant{std::chrono::hours{1}};
  CHECK(audit_annotations(verdict).at("stale-since") == "1970-01-01T01:00:00Z");
}

}  // namespace leangate::policy
