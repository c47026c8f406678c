// What evaluate found: values only, no sentences for the terminal beyond each finding's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/duration.h"
#include "policy/image_facts.h"
#include "policy/policy_document.h"
#include "policy/workload.h"

namespace leangate::policy {

// What a finding stands on.
enum class Evidence { Manifest, Config, History, Pod };

// Proven: bytes verified against a digest. Stated: somebody wrote it down. Suspected: text that
// may be wrong.
enum class Certainty { Suspected, Stated, Proven };

enum class BaseMethod { Layers, Annotation, Environment, History, Unknown };

struct BaseImage {
  std::string name;  // normalised reference; "scratch"; empty when unknown
  BaseMethod method = BaseMethod::Unknown;
  Certainty certainty = Certainty::Suspected;
  // Further names of the very same layers, as when python:3.13 and python:3.13-trixie are one
  // image. What holds of one name holds of all.
  std::vector<std::string> also_known_as;
};

// The layer to blame.
struct CulpritLayer {
  std::size_t index = 0;  // 1-based, from the base upwards
  std::size_t of = 0;
  std::string digest;
  std::uint64_t compressed_bytes = 0;
  std::string instruction;      // empty when the history doesn't name it
  bool one_of_several = false;  // see LayerInstruction
};

struct Finding {
  std::string policy;  // "lean-default"; "namespace/name" for a LeanImagePolicy
  std::string rule;    // the name in the policy
  std::string check;   // the catalogue's name: "TotalCompressedSize"
  // What happens, strongest first decides. Under DryRun `actions` is {Audit} and `intended` keeps
  // what enforcement would do; otherwise both are the same.
  ActionSet actions;
  ActionSet intended;
  Severity severity = Severity::Medium;
  Evidence evidence = Evidence::Manifest;
  Certainty certainty = Certainty::Proven;
  bool could_not_be_judged = false;  // a lookup failed and the failure policy made it a finding
  std::string observed;              // "2.31 GiB"
  std::string allowed;               // "500 MiB"
  std::optional<CulpritLayer> layer;
  std::string message;  // one line, plain words, both numbers, the culprit; no control characters
  std::string remedy;   // one line: what to change; may be empty
  std::string author_message;  // Rule::message

  Action action() const;           // the strongest of actions
  Action intended_action() const;  // the strongest of intended
};

// A check that could not be made for lack of evidence, with UnknownEvidence::Skip.
struct SkippedCheck {
  std::string policy;
  std::string rule;
  std::string reason;
};

enum class LookupFailureKind {
  InvalidReference,  // no registry was asked
  NotFoundOrDenied,  // 401, 403 and 404 can't be told apart
  RateLimited,
  Timeout,
  Unreachable,  // DNS, TCP, TLS
  Refused,      // an address or realm that leangate may not talk to
  Unreadable,   // malformed, too large, wrong digest
  Unsupported,  // schema 1, unknown media types
  NoSuchPlatform,
  Overloaded,  // leangate itself had no room for the lookup
};

// Why nothing is known of an image.
struct LookupFailure {
  LookupFailureKind kind = LookupFailureKind::Unreachable;
  std::string detail;         // names registry, repository, step: for logs and `check`, no secrets
  std::string public_detail;  // for admission messages: no more than the pod's author may learn
  // How long asking again would bring the same answer; zero where it may help at once.
  std::chrono::seconds retry_after{0};
};

// What a registry wants a person to know (distribution-spec, "Warnings").
struct RegistryNotice {
  std::string registry;       // the host that said it
  std::string text;           // one line that is safe for terminals
  bool may_be_shown = false;  // to the pod's author: it is an operator's registry, and not DryRun

  // "[registry registry.example] text"
  std::string str() const;
};

// Error: the image could not be looked up, and nothing denies. It stands between Warn and Deny. A
// webhook allows on Error (a failure policy that wants more has made its findings deny);
// `leangate check` reports it as an outcome of its own.
enum class Decision { Allow, Warn, Deny, Error };

// The stronger of two: Allow, Warn, Error, Deny.
Decision stronger(Decision a, Decision b);

// One image of the workload, judged on its worst platform.
struct ImageVerdict {
  WorkloadImage image;
  std::string reference;             // normalised; the author's text when it can't be parsed
  std::string digest;                // what the reference resolved to; empty when unknown
  std::optional<Platform> platform;  // the judged one; absent when nothing could be looked up
  std::uint64_t compressed_bytes = 0;
  BaseImage base;
  std::vector<Finding> findings;  // strongest first, then in policy order
  std::vector<SkippedCheck> skipped;
  std::vector<RegistryNotice> notices;
  std::optional<LookupFailure> failure;
  std::optional<Instant> stale_since;            // ImageEvidence::stale_since; findings say it too
  Decision decision = Decision::Allow;           // as enforced
  Decision intended_decision = Decision::Allow;  // as it would be without DryRun
};

struct Verdict {
  WorkloadKind kind = WorkloadKind::Pod;
  Decision decision = Decision::Allow;  // the strongest of the images'
  Decision intended_decision = Decision::Allow;
  std::vector<ImageVerdict> images;   // those that a policy covers, in the workload's order
  std::vector<std::string> policies;  // that covered anything, in their order
};

}  // namespace leangate::policy
