#include "policy/explain.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace leangate::policy {

namespace {

constexpr std::size_t kMaxDenialBytes = 16u << 10;
// Room that is kept free for "Fix:" lines, the policies and the count of what was left out.
constexpr std::size_t kDenialReserve = 2048;
constexpr std::size_t kMaxFixes = 3;
constexpr std::size_t kShownReference = 300;
constexpr std::size_t kShownName = 256;
constexpr std::size_t kShownRules = 3;
// Kubernetes drops what is longer: 256 code points a warning, 4096 bytes together, and we keep
// below both.
constexpr std::size_t kMaxWarning = 256;
constexpr std::size_t kMaxWarningBytes = 4000;
constexpr std::size_t kMaxAnnotation = 256;

// One line of a message: a finding, or all findings of one policy that stand on the same failed
// lookup, which would only repeat themselves.
struct Line {
  const Finding* finding = nullptr;
  std::vector<std::string> rules;
};

using Wanted = bool (*)(const Finding&);

bool denies(const Finding& finding) {
  return finding.action() == Action::Deny;
}
bool warns(const Finding& finding) {
  return finding.action() == Action::Warn;
}

std::vector<Line> lines_of(const ImageVerdict& image, Wanted wanted) {
  std::vector<Line> lines;
  for (const Finding& finding : image.findings) {
    if (!wanted(finding)) {
      continue;
    }
    const auto same = std::find_if(lines.begin(), lines.end(), [&](const Line& line) {
      return finding.could_not_be_judged && line.finding->could_not_be_judged &&
             line.finding->policy == finding.policy;
    });
    if (same == lines.end()) {
      lines.push_back({&finding, {finding.rule}});
    } else {
      same->rules.push_back(finding.rule);
    }
  }
  return lines;
}

// Policies in the order in which they occur.
std::vector<std::string> policies_of(const std::vector<Line>& lines) {
  std::vector<std::string> names;
  for (const Line& line : lines) {
    if (std::find(names.begin(), names.end(), line.finding->policy) == names.end()) {
      names.push_back(line.finding->policy);
    }
  }
  return names;
}

std::string join(const std::vector<std::string>& words, std::size_t shown) {
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < shown; ++i) {
    text += (i == 0 ? "" : ", ") + words[i];
  }
  if (words.size() > shown) {
    text += fmt::format(" and {} more", words.size() - shown);
  }
  return text;
}

std::string_view place_of(ContainerType type) {
  switch (type) {
    case ContainerType::Container:
      return "container";
    case ContainerType::InitContainer:
      return "init container";
    case ContainerType::EphemeralContainer:
      return "ephemeral container";
    case ContainerType::ImageVolume:
      return "volume";
  }
  return "";
}

std::string shown_reference(const ImageVerdict& image) {
  const std::string& written = image.image.image.empty() ? image.reference : image.image.image;
  return one_line(written, kShownReference);
}

// "image registry.example/api:1.4 (container "api", linux/amd64)"
std::string head_of(const ImageVerdict& image) {
  std::string where;
  if (!image.image.container.empty()) {
    where = fmt::format(
        "{} \"{}\"", place_of(image.image.type), one_line(image.image.container, kShownName));
  }
  if (image.platform) {
    where += (where.empty() ? "" : ", ") + one_line(image.platform->str(), kShownName);
  }
  const std::string reference = shown_reference(image);
  return where.empty() ? "image " + reference : fmt::format("image {} ({})", reference, where);
}

// "{total-size}: 2.31 GiB compressed, ..." and, in a line of its own, the author's sentence.
std::string denial_line(const Line& line, bool name_policy) {
  const std::string prefix = name_policy ? line.finding->policy + "/" : std::string{};
  std::string text =
      fmt::format("- {}{}: {}\n", prefix, join(line.rules, kShownRules), line.finding->message);
  if (!line.finding->author_message.empty()) {
    text += "  " + line.finding->author_message + "\n";
  }
  return text;
}

// The remedies of the lines in their order, which is that of importance.
std::vector<std::string> fixes_of(const std::vector<Line>& lines) {
  std::vector<std::string> fixes;
  for (const Line& line : lines) {
    const std::string& remedy = line.finding->remedy;
    const bool known = std::find(fixes.begin(), fixes.end(), remedy) != fixes.end();
    if (!remedy.empty() && !known && fixes.size() < kMaxFixes) {
      fixes.push_back(remedy);
    }
  }
  return fixes;
}

std::string warning_text(const ImageVerdict& image, const Line& line) {
  const std::string& container = image.image.container;
  std::string text = fmt::format("[{}] {}: {}",
                                 join(line.rules, kShownRules),
                                 container.empty() ? shown_reference(image) : container,
                                 line.finding->message);
  if (!line.finding->author_message.empty()) {
    text += ". " + line.finding->author_message;
  }
  return one_line(text, kMaxWarning);
}

// The lines of all findings that warn, most severe first, each once.
std::vector<std::string> warning_lines(const Verdict& verdict) {
  std::vector<std::pair<Severity, std::string>> ranked;
  for (const ImageVerdict& image : verdict.images) {
    for (const Line& line : lines_of(image, warns)) {
      ranked.emplace_back(line.finding->severity, warning_text(image, line));
    }
  }
  std::stable_sort(
      ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> lines;
  for (auto& [severity, text] : ranked) {
    if (std::find(lines.begin(), lines.end(), text) == lines.end()) {
      lines.push_back(std::move(text));
    }
  }
  return lines;
}

std::string left_out_line(std::size_t count) {
  return fmt::format("{} more finding{} left out", count, count == 1 ? " is" : "s are");
}

// A message that stops growing at its limit and counts what no longer fits.
class Denial {
 public:
  void add(const ImageVerdict& image) {
    const std::vector<Line> lines = lines_of(image, denies);
    const std::vector<std::string> policies = policies_of(lines);
    const bool judged = std::any_of(lines.begin(), lines.end(), [](const Line& line) {
      return !line.finding->could_not_be_judged;
    });
    if (!fits(head_of(image))) {
      left_out_ += lines.size();
      return;
    }
    text_ += head_of(image) + (judged ? " is not lean:\n" : " is not admitted:\n");
    for (const Line& line : lines) {
      add_line(denial_line(line, policies.size() > 1));
    }
    for (const std::string& fix : fixes_of(lines)) {
      add_unless_full("Fix: " + fix + (fix.ends_with('.') ? "\n" : ".\n"));
    }
    add_unless_full(fmt::format(
        "{} {}.\n", policies.size() == 1 ? "Policy" : "Policies", join(policies, kShownRules)));
  }

  void add_line(const std::string& line) {
    if (fits(line)) {
      text_ += line;
    } else {
      ++left_out_;
    }
  }

  std::string take() {
    if (left_out_ > 0) {
      text_ += left_out_line(left_out_) + ".\n";
    }
    if (!text_.empty()) {
      text_.pop_back();  // the last newline
    }
    return std::move(text_);
  }

 private:
  bool fits(const std::string& line) const {
    return text_.size() + line.size() + kDenialReserve <= kMaxDenialBytes;
  }

  // What belongs to lines that stand may use the reserve.
  void add_unless_full(const std::string& line) {
    constexpr std::size_t kLastLine = 64;
    if (text_.size() + line.size() + kLastLine <= kMaxDenialBytes) {
      text_ += line;
    }
  }

  std::string text_;
  std::size_t left_out_ = 0;
};

template <typename Select>
std::string joined_annotation(const Verdict& verdict, Select select) {
  std::vector<std::string> values;
  for (const ImageVerdict& image : verdict.images) {
    for (const Finding& finding : image.findings) {
      std::string value = select(image, finding);
      if (std::find(values.begin(), values.end(), value) == values.end()) {
        values.push_back(std::move(value));
      }
    }
  }
  return one_line(join(values, values.size()), kMaxAnnotation);
}

// The first finding that enforcement would deny for.
std::string would_deny(const Verdict& verdict) {
  for (const ImageVerdict& image : verdict.images) {
    for (const Finding& finding : image.findings) {
      if (finding.intended_action() == Action::Deny) {
        return one_line(shown_reference(image) + ": " + finding_line(finding), kMaxAnnotation);
      }
    }
  }
  return {};
}

}  // namespace

std::string finding_line(const Finding& finding) {
  return finding.rule + ": " + finding.message;
}

std::string denial_message(const Verdict& verdict) {
  if (verdict.decision != Decision::Deny) {
    return {};
  }
  Denial denial;
  for (const ImageVerdict& image : verdict.images) {
    if (image.decision == Decision::Deny) {
      denial.add(image);
    }
  }
  for (const std::string& line : warning_lines(verdict)) {
    denial.add_line("Warning: " + line + "\n");
  }
  return denial.take();
}

std::vector<std::string> warnings(const Verdict& verdict) {
  if (verdict.decision == Decision::Deny) {
    return {};
  }
  const std::vector<std::string> all = warning_lines(verdict);
  std::vector<std::string> kept;
  std::size_t bytes = 0;
  for (const std::string& line : all) {
    bytes += line.size();
    if (bytes > kMaxWarningBytes) {
      kept.push_back(left_out_line(all.size() - kept.size()));
      break;
    }
    kept.push_back(line);
  }
  return kept;
}

std::map<std::string, std::string> audit_annotations(const Verdict& verdict) {
  if (verdict.images.empty()) {
    return {};
  }
  std::map<std::string, std::string> annotations;
  annotations["verdict"] = std::string{name_of(verdict.decision)};
  const auto add = [&](const char* key, std::string value) {
    if (!value.empty()) {
      annotations[key] = std::move(value);
    }
  };
  add("policy", joined_annotation(verdict, [](const ImageVerdict&, const Finding& finding) {
        return finding.policy;
      }));
  add("rule", joined_annotation(verdict, [](const ImageVerdict&, const Finding& finding) {
        return finding.rule;
      }));
  add("image", joined_annotation(verdict, [](const ImageVerdict& image, const Finding&) {
        return shown_reference(image);
      }));
  if (verdict.decision != Decision::Deny && verdict.intended_decision == Decision::Deny) {
    add("would-deny", would_deny(verdict));
  }
  return annotations;
}

}  // namespace leangate::policy
