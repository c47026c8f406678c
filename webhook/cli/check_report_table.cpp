#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "policy/duration.h"
#include "policy/explain.h"
#include "policy/quantity.h"
#include "webhook/cli/check_report.h"

namespace leangate::cli {
namespace {

using policy::Decision;

// ANSI colours of what people look for first; nothing where colour is off.
std::string_view colour_of(Decision decision) {
  switch (decision) {
    case Decision::Allow:
      return "\x1b[32m";
    case Decision::Warn:
      return "\x1b[33m";
    case Decision::Deny:
    case Decision::Error:
      return "\x1b[31m";
  }
  return "";
}

std::string painted(Decision decision, bool colour) {
  const std::string_view name = policy::name_of(decision);
  return colour ? fmt::format("{}{}\x1b[0m", colour_of(decision), name) : std::string{name};
}

std::string head_line(const CheckResult& result, bool colour) {
  const policy::ImageVerdict& image = result.image;
  std::string line = fmt::format("{}  {}", painted(result.decision, colour), image.reference);
  if (image.platform) {
    line += fmt::format(
        "  {}  {}", image.platform->str(), policy::describe_bytes(image.compressed_bytes));
  }
  if (image.base.method != policy::BaseMethod::Unknown) {
    line += fmt::format("  on {} ({})", image.base.name, policy::name_of(image.base.method));
  }
  return line + "\n";
}

std::string finding_lines(const policy::Finding& finding) {
  std::string lines = fmt::format(
      "  {:<5}  {}\n", policy::name_of(finding.action()), policy::finding_line(finding));
  if (!finding.author_message.empty()) {
    lines += fmt::format("         {}\n", policy::one_line(finding.author_message, 512));
  }
  if (!finding.remedy.empty()) {
    lines += fmt::format("         Fix: {}\n", finding.remedy);
  }
  return lines;
}

std::string result_lines(const CheckResult& result, bool colour) {
  std::string lines = head_line(result, colour);
  if (result.source != result.image.image.image) {
    lines += fmt::format("  in {}\n", policy::one_line(result.source, 512));
  }
  if (result.image.stale_since) {
    lines += fmt::format("  as of {}; the registry can't be read now\n",
                         policy::format_instant(*result.image.stale_since));
  }
  if (result.image.failure) {
    lines += fmt::format("  could not be judged: {}\n", result.image.failure->detail);
  }
  for (const policy::Finding& finding : result.image.findings) {
    lines += finding_lines(finding);
  }
  for (const policy::SkippedCheck& check : result.image.skipped) {
    lines += fmt::format("  skip   {}: {}\n", check.rule, check.reason);
  }
  for (const policy::RegistryNotice& notice : result.image.notices) {
    lines += fmt::format("  note   {}\n", notice.str());
  }
  return lines;
}

}  // namespace

std::string to_table(const std::vector<CheckResult>& results, bool colour) {
  std::string text;
  for (const CheckResult& result : results) {
    text += result_lines(result, colour);
  }
  const CheckSummary summary = summarise(results);
  text += fmt::format("{} denied, {} warned, {} allowed, {} could not be judged\n",
                      summary.denied,
                      summary.warned,
                      summary.allowed,
                      summary.errors);
  return text;
}

}  // namespace leangate::cli
