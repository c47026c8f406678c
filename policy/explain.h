// Verdict -> the sentences a person reads in kubectl, and the annotations an auditor reads.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/one_line.h"
#include "policy/verdict.h"

namespace leangate::policy {

// The denial: for each denied image a head line, one line a finding, the fixes and the policy's
// name. What warns is repeated as further lines. Empty when nothing denies. No control characters
// but the newlines; at most 16 KiB, cut at a finding with a line that says how many are left out.
std::string denial_message(const Verdict& verdict);

// One line each, most important first, without duplicates, what registries say last: no control
// characters, each at most 256 code points, together under 4096 (Kubernetes' limits). Empty when
// the verdict denies: then the lines stand in the denial.
std::vector<std::string> warnings(const Verdict& verdict);

// Keys and short values for AdmissionResponse.auditAnnotations: verdict, policy, rule, image,
// stale-since where a registry could not be asked and older evidence was judged, and would-deny
// under DryRun.
std::map<std::string, std::string> audit_annotations(const Verdict& verdict);

// "size-of-things: 2.31 GiB compressed, ..." as it stands in a denial, for tables and reports.
std::string finding_line(const Finding& finding);

// Names as the documents and reports write them: "Deny", "high", "proven", "manifest", "layers",
// "deny", "StatefulSet".
std::string_view name_of(Action action);
std::string_view name_of(Severity severity);
std::string_view name_of(Certainty certainty);
std::string_view name_of(Evidence evidence);
std::string_view name_of(BaseMethod method);
std::string_view name_of(Decision decision);
std::string_view name_of(WorkloadKind kind);
std::string_view name_of(LookupFailureKind kind);

}  // namespace leangate::policy
