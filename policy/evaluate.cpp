#include "policy/evaluate.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "policy/actions.h"
#include "policy/base_image.h"
#include "policy/build_history.h"
#include "policy/one_line.h"
#include "policy/rules/base.h"
#include "policy/rules/config.h"
#include "policy/rules/judgement.h"
#include "policy/rules/layers.h"
#include "policy/rules/platforms.h"
#include "policy/rules/reference.h"
#include "policy/rules/size.h"
#include "policy/selection.h"

namespace leangate::policy {

namespace {

// Every text of a finding passes through one_line here, whatever image and policy made of it.
constexpr std::size_t kMaxMessage = 1000;
constexpr std::size_t kMaxRemedy = 500;
constexpr std::size_t kMaxValue = 300;
constexpr std::size_t kMaxDetail = 200;

// One rule that judges the image at hand.
struct Assignment {
  const Policy& policy;
  const Rule& rule;
};

// What is the same for all images of a workload.
struct Frame {
  WorkloadKind kind;
  const EvaluationContext& context;
};

// What is known of the image at hand.
struct Subject {
  const ImageReference* reference = nullptr;  // null: the text is no reference
  const ImageEvidence& evidence;
  const PlatformImage* platform = nullptr;      // null: nothing was looked up
  const std::optional<LookupFailure>& failure;  // why
};

struct Outcome {
  std::vector<Finding> findings;
  std::vector<SkippedCheck> skipped;
  bool lookup_missed = false;  // a rule needed what could not be looked up
  Decision decision = Decision::Allow;
  Decision intended_decision = Decision::Allow;
};

std::string policy_name(const Policy& policy) {
  return policy.is_cluster_wide() ? policy.name : policy.namespace_name + "/" + policy.name;
}

// Calls the function of the rule's kind; nothing when its evidence could not be looked up.
class Judge {
 public:
  explicit Judge(const Subject& subject) : subject_{subject} {}

  using Answer = std::optional<Judgement>;

  Answer operator()(const SizeRule& rule) const { return on_platform(judge_size, rule); }
  Answer operator()(const LayersRule& rule) const { return on_platform(judge_layers, rule); }
  Answer operator()(const BaseRule& rule) const { return on_platform(judge_base, rule); }
  Answer operator()(const ConfigRule& rule) const { return on_platform(judge_config, rule); }
  Answer operator()(const ReferenceRule& rule) const {
    return subject_.reference != nullptr ? Answer{judge_reference(rule, *subject_.reference)}
                                         : std::nullopt;
  }
  Answer operator()(const PlatformsRule& rule) const {
    // What a reference offers may be known though none of it can be judged.
    return subject_.platform != nullptr || !subject_.evidence.offered.empty()
               ? Answer{judge_platforms(rule, subject_.evidence.offered)}
               : std::nullopt;
  }

 private:
  template <typename RuleKind>
  Answer on_platform(Judgement (*judge)(const RuleKind&, const PlatformImage&),
                     const RuleKind& rule) const {
    return subject_.platform != nullptr ? Answer{judge(rule, *subject_.platform)} : std::nullopt;
  }

  const Subject& subject_;
};

// What stands before every message that rests on old evidence: at the front, where no cut of a long
// message reaches it.
std::string stale_note(const std::optional<Instant>& since) {
  constexpr std::size_t kToTheMinute = std::string_view{"2026-11-23T04:00"}.size();
  return since ? "(as of " + format_instant(*since).substr(0, kToTheMinute) +
                     "Z; the registry can't be read now) "
               : std::string{};
}

// Puts policy, rule and actions around what rules observed.
class Recorder {
 public:
  Recorder(const Frame& frame, const std::optional<Instant>& stale_since)
      : kind_{frame.kind}, context_{frame.context}, stale_note_{stale_note(stale_since)} {}

  void record(const Assignment& assignment, const Judgement& judgement) {
    for (const Observation& observation : judgement.findings) {
      add(assignment, observation);
    }
    for (const MissingEvidence& missing : judgement.missing) {
      if (missing.counts_as == UnknownEvidence::Fail) {
        add(assignment, missing.as_finding);
      } else if (missing.counts_as == UnknownEvidence::Skip) {
        outcome_.skipped.push_back({policy_name(assignment.policy),
                                    assignment.rule.name,
                                    one_line(missing.as_finding.message, kMaxMessage)});
      }
    }
  }

  void record_failed_lookup(const Assignment& assignment, const LookupFailure& failure) {
    Observation observation;
    observation.check = "LookupFailed";
    observation.observed = "unknown";
    observation.message =
        "could not be judged: " +
        (failure.public_detail.empty() ? std::string{"could not be read"} : failure.public_detail);
    Finding finding = frame(assignment, observation);
    finding.could_not_be_judged = true;
    finding.intended = actions_on_failed_lookup(
        actions_of(assignment.policy, assignment.rule, kind_),
        context_.failure_policy.value_or(assignment.policy.failure_policy));
    push(std::move(finding));
    outcome_.lookup_missed = true;
  }

  // Strongest first; equal ones stay in policy order.
  Outcome take() {
    std::stable_sort(
        outcome_.findings.begin(), outcome_.findings.end(), [](const Finding& a, const Finding& b) {
          return a.intended_action() > b.intended_action();
        });
    const Decision floor = outcome_.lookup_missed ? Decision::Error : Decision::Allow;
    outcome_.decision = floor;
    outcome_.intended_decision = floor;
    for (const Finding& finding : outcome_.findings) {
      outcome_.decision = stronger(outcome_.decision, decision_of(finding.action()));
      outcome_.intended_decision =
          stronger(outcome_.intended_decision, decision_of(finding.intended_action()));
    }
    return std::move(outcome_);
  }

 private:
  Finding frame(const Assignment& assignment, const Observation& observation) const {
    Finding finding;
    finding.policy = policy_name(assignment.policy);
    finding.rule = assignment.rule.name;
    finding.check = std::string{observation.check};
    finding.severity = assignment.rule.severity;
    finding.evidence = observation.evidence;
    finding.certainty = observation.certainty;
    finding.observed = one_line(observation.observed, kMaxValue);
    finding.allowed = one_line(observation.allowed, kMaxValue);
    finding.layer = observation.layer;
    // What the pod itself says is never old.
    const bool is_stale = observation.evidence != Evidence::Pod;
    finding.message =
        one_line((is_stale ? stale_note_ : std::string{}) + observation.message, kMaxMessage);
    finding.remedy = one_line(observation.remedy, kMaxRemedy);
    finding.author_message = one_line(assignment.rule.message, kMaxRemedy);
    return finding;
  }

  void add(const Assignment& assignment, const Observation& observation) {
    Finding finding = frame(assignment, observation);
    finding.intended = actions_of(assignment.policy, assignment.rule, kind_);
    if (finding.certainty == Certainty::Suspected) {
      finding.intended = soften(finding.intended);
    }
    push(std::move(finding));
  }

  void push(Finding finding) {
    finding.actions =
        context_.enforcement == Enforcement::DryRun ? ActionSet{Action::Audit} : finding.intended;
    outcome_.findings.push_back(std::move(finding));
  }

  WorkloadKind kind_;
  const EvaluationContext& context_;
  const std::string stale_note_;
  Outcome outcome_;
};

// All rules on one platform, or on none.
Outcome judge(const std::vector<Assignment>& assignments,
              const Subject& subject,
              const Frame& frame) {
  Recorder recorder{frame, subject.evidence.stale_since};
  for (const Assignment& assignment : assignments) {
    const auto judgement = std::visit(Judge{subject}, assignment.rule.body);
    if (judgement) {
      recorder.record(assignment, *judgement);
    } else if (subject.failure) {
      recorder.record_failed_lookup(assignment, *subject.failure);
    }
  }
  return recorder.take();
}

// Why there is nothing to judge; absent when there is.
std::optional<LookupFailure> find_failure(const Result<ImageReference, LookupFailure>& reference,
                                          const ImageEvidence& evidence) {
  if (!reference) {
    return reference.error();
  }
  if (evidence.failure || !evidence.platforms.empty()) {
    return evidence.failure;
  }
  if (!evidence.was_looked_up) {
    return LookupFailure{LookupFailureKind::Unreachable, "was not looked up", "could not be read"};
  }
  return LookupFailure{LookupFailureKind::NoSuchPlatform,
                       "the reference offers no platform to judge",
                       "the image offers no platform that the pod could run on"};
}

void take_outcome(ImageVerdict& verdict, Outcome outcome) {
  verdict.findings = std::move(outcome.findings);
  verdict.skipped = std::move(outcome.skipped);
  verdict.decision = outcome.decision;
  verdict.intended_decision = outcome.intended_decision;
}

// Most severe decision, then most findings, then largest; of equals the first.
void judge_platforms_of(ImageVerdict& verdict,
                        const std::vector<Assignment>& assignments,
                        Subject subject,
                        const Frame& frame) {
  using Badness = std::tuple<int, std::size_t, std::uint64_t>;
  std::optional<Badness> worst;
  for (const ImageFacts& facts : subject.evidence.platforms) {
    const PlatformImage platform{
        facts, read_build_history(facts), find_base(facts, frame.context.reference)};
    subject.platform = &platform;
    Outcome outcome = judge(assignments, subject, frame);
    const Badness badness{static_cast<int>(outcome.intended_decision),
                          outcome.findings.size(),
                          facts.compressed_bytes()};
    if (worst && badness <= *worst) {
      continue;
    }
    worst = badness;
    // An OCI artifact is for no platform in particular.
    verdict.platform = facts.platform.os.empty() ? std::nullopt : std::optional{facts.platform};
    verdict.compressed_bytes = facts.compressed_bytes();
    verdict.base = platform.base;
    take_outcome(verdict, std::move(outcome));
  }
}

// The policies that judge the image and their rules that aren't exempt.
struct Coverage {
  std::vector<std::string> policies;
  std::vector<Assignment> assignments;
};

Coverage find_coverage(const Workload& workload,
                       const WorkloadImage& image,
                       const ImageReference* reference,
                       const EvaluationContext& context) {
  Coverage coverage;
  for (const Policy& policy : context.policies.policies) {
    if (!covers(policy, workload) || !covers_image(policy, image, reference)) {
      continue;
    }
    coverage.policies.push_back(policy_name(policy));
    for (const Rule& rule : policy.rules) {
      if (!is_exempt(policy, rule, workload, reference, context)) {
        coverage.assignments.push_back({policy, rule});
      }
    }
  }
  return coverage;
}

ImageVerdict judge_image(const WorkloadImage& image,
                         const ImageEvidence& evidence,
                         const std::vector<Assignment>& assignments,
                         const Frame& frame) {
  const auto reference = read_reference(image.image, frame.context);
  ImageVerdict verdict;
  verdict.image = image;
  verdict.reference = reference ? reference->str() : one_line(image.image, kMaxValue);
  verdict.digest = evidence.digest;
  verdict.stale_since = evidence.stale_since;
  verdict.notices = evidence.notices;
  if (frame.context.enforcement == Enforcement::DryRun) {
    for (RegistryNotice& notice : verdict.notices) {
      notice.may_be_shown = false;
    }
  }
  const std::optional<LookupFailure> failure = find_failure(reference, evidence);
  const Subject subject{reference ? &*reference : nullptr, evidence, nullptr, failure};
  if (!failure) {
    judge_platforms_of(verdict, assignments, subject, frame);
    return verdict;
  }
  Outcome outcome = judge(assignments, subject, frame);
  // That nobody asked the registry is no failure where no rule wanted it asked.
  if (outcome.lookup_missed || evidence.was_looked_up || !reference) {
    verdict.failure = failure;
  }
  take_outcome(verdict, std::move(outcome));
  return verdict;
}

void add_missing(std::vector<std::string>& list, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (std::find(list.begin(), list.end(), name) == list.end()) {
      list.push_back(name);
    }
  }
}

}  // namespace

Verdict evaluate(const Workload& workload,
                 const std::vector<ImageEvidence>& evidence,
                 const EvaluationContext& context) {
  static const ImageEvidence kNotAsked{{}, {}, {}, {}, false, {}};
  Verdict verdict;
  verdict.kind = workload.kind;
  for (std::size_t i = 0; i < workload.images.size(); ++i) {
    const WorkloadImage& image = workload.images[i];
    const auto reference = read_reference(image.image, context);
    const Coverage coverage =
        find_coverage(workload, image, reference ? &*reference : nullptr, context);
    if (coverage.policies.empty()) {
      continue;
    }
    add_missing(verdict.policies, coverage.policies);
    verdict.images.push_back(judge_image(image,
                                         i < evidence.size() ? evidence[i] : kNotAsked,
                                         coverage.assignments,
                                         {workload.kind, context}));
    const ImageVerdict& judged = verdict.images.back();
    verdict.decision = stronger(verdict.decision, judged.decision);
    verdict.intended_decision = stronger(verdict.intended_decision, judged.intended_decision);
  }
  return verdict;
}

Result<ImageReference, LookupFailure> read_reference(const std::string& image,
                                                     const EvaluationContext& context) {
  auto reference = parse_image_reference(image, context.unqualified_host);
  if (reference) {
    return *std::move(reference);
  }
  const std::string why = one_line(reference.error(), kMaxDetail);
  return Failure{LookupFailure{LookupFailureKind::InvalidReference, why, why}};
}

}  // namespace leangate::policy
