#include "policy/explain.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
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
  std::vector<std::string_view> rules;
  std::string_view author_message;  // empty where an earlier line of the same rule says it
};

using Wanted = bool (*)(const Finding&);

bool denies(const Finding& finding) {
  return finding.action() == Action::Deny;
}
bool warns(const Finding& finding) {
  return finding.action() == Action::Warn;
}

// Views into `image`.
std::vector<Line> lines_of(const ImageVerdict& image, Wanted wanted) {
  std::vector<Line> lines;
  std::unordered_map<std::string_view, std::size_t> unjudged;  // the line of each policy
  std::set<std::pair<std::string_view, std::string_view>> spoken;
  for (const Finding& finding : image.findings) {
    if (!wanted(finding)) {
      continue;
    }
    if (finding.could_not_be_judged) {
      const auto [line, is_new] = unjudged.emplace(finding.policy, lines.size());
      if (!is_new) {
        lines[line->second].rules.push_back(finding.rule);
        continue;
      }
    }
    const bool is_first = spoken.emplace(finding.policy, finding.rule).second;
    lines.push_back({&finding,
                     {finding.rule},
                     is_first ? std::string_view{finding.author_message} : std::string_view{}});
  }
  return lines;
}

// Policies in the order in which they occur.
std::vector<std::string_view> policies_of(const std::vector<Line>& lines) {
  std::vector<std::string_view> names;
  std::unordered_set<std::string_view> known;
  for (const Line& line : lines) {
    if (known.insert(line.finding->policy).second) {
      names.push_back(line.finding->policy);
    }
  }
  return names;
}

std::string join(const std::vector<std::string_view>& words, std::size_t shown) {
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < shown; ++i) {
    text += i == 0 ? "" : ", ";
    text += words[i];
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
  if (!line.author_message.empty()) {
    text += fmt::format("  {}\n", line.author_message);
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
  if (!line.author_message.empty()) {
    text += fmt::format(". {}", line.author_message);
  }
  return one_line(text, kMaxWarning);
}

// Offers the lines of all findings that warn, most severe first and each once, until `take` refuses
// one: what no longer fits is never put into words. Returns how many are left out.
std::size_t offer_warnings(const Verdict& verdict,
                           const std::function<bool(const std::string&)>& take) {
  std::vector<std::pair<const ImageVerdict*, Line>> ranked;
  for (const ImageVerdict& image : verdict.images) {
    for (Line& line : lines_of(image, warns)) {
      ranked.emplace_back(&image, std::move(line));
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.second.finding->severity > b.second.finding->severity;
  });
  std::unordered_set<std::string> taken;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    std::string text = warning_text(*ranked[i].first, ranked[i].second);
    if (taken.contains(text)) {
      continue;
    }
    if (!take(text)) {
      return ranked.size() - i;
    }
    taken.insert(std::move(text));
  }
  return 0;
}

// What registries say comes after what policies say, each notice once, as long as there is room.
void add_notices(const Verdict& verdict, std::size_t bytes, std::vector<std::string>& lines) {
  for (const ImageVerdict& image : verdict.images) {
    for (const RegistryNotice& notice : image.notices) {
      std::string line = one_line(notice.str(), kMaxWarning);
      const bool is_known = std::find(lines.begin(), lines.end(), line) != lines.end();
      if (!notice.may_be_shown || is_known || bytes + line.size() > kMaxWarningBytes) {
        continue;
      }
      bytes += line.size();
      lines.push_back(std::move(line));
    }
  }
}

std::string left_out_line(std::size_t count) {
  return fmt::format("{} more finding{} left out", count, count == 1 ? " is" : "s are");
}

// A message that stops growing at its limit. From the first line that doesn't fit, lines are only
// counted.
class Denial {
 public:
  void add(const ImageVerdict& image) {
    const std::vector<Line> lines = lines_of(image, denies);
    const bool judged = std::any_of(lines.begin(), lines.end(), [](const Line& line) {
      return !line.finding->could_not_be_judged;
    });
    if (is_full_ ||
        !add_line(head_of(image) + (judged ? " is not lean:\n" : " is not admitted:\n"))) {
      left_out_ += lines.size();
      return;
    }
    const std::vector<std::string_view> policies = policies_of(lines);
    for (const Line& line : lines) {
      if (is_full_ || !add_line(denial_line(line, policies.size() > 1))) {
        ++left_out_;
      }
    }
    for (const std::string& fix : fixes_of(lines)) {
      add_unless_full("Fix: " + fix + (fix.ends_with('.') ? "\n" : ".\n"));
    }
    add_unless_full(fmt::format(
        "{} {}.\n", policies.size() == 1 ? "Policy" : "Policies", join(policies, kShownRules)));
  }

  void add_warnings(const Verdict& verdict) {
    left_out_ += offer_warnings(verdict, [this](const std::string& line) {
      return !is_full_ && add_line("Warning: " + line + "\n");
    });
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
  bool add_line(const std::string& line) {
    is_full_ = text_.size() + line.size() + kDenialReserve > kMaxDenialBytes;
    if (!is_full_) {
      text_ += line;
    }
    return !is_full_;
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
  bool is_full_ = false;
};

// The distinct values of all findings. A code point has at most four bytes, so that what lies
// beyond could never be shown.
template <typename Select>
std::string joined_annotation(const Verdict& verdict, Select select) {
  constexpr std::size_t kEnough = 4 * kMaxAnnotation;
  std::string text;
  std::unordered_set<std::string> known;
  for (const ImageVerdict& image : verdict.images) {
    for (const Finding& finding : image.findings) {
      std::string value = select(image, finding);
      if (known.contains(value)) {
        continue;
      }
      text += (known.empty() ? "" : ", ") + value;
      if (text.size() > kEnough) {
        return one_line(text, kMaxAnnotation);
      }
      known.insert(std::move(value));
    }
  }
  return one_line(text, kMaxAnnotation);
}

// The oldest evidence that the verdict rests on.
std::string stale_since(const Verdict& verdict) {
  std::optional<Instant> oldest;
  for (const ImageVerdict& image : verdict.images) {
    if (image.stale_since && (!oldest || *image.stale_since < *oldest)) {
      oldest = image.stale_since;
    }
  }
  return oldest ? format_instant(*oldest) : std::string{};
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
  denial.add_warnings(verdict);
  return denial.take();
}

std::vector<std::string> warnings(const Verdict& verdict) {
  if (verdict.decision == Decision::Deny) {
    return {};
  }
  std::vector<std::string> kept;
  std::size_t bytes = 0;
  const std::size_t left_out = offer_warnings(verdict, [&](const std::string& line) {
    bytes += line.size();
    if (bytes > kMaxWarningBytes) {
      return false;
    }
    kept.push_back(line);
    return true;
  });
  if (left_out > 0) {
    kept.push_back(left_out_line(left_out));
  } else {
    add_notices(verdict, bytes, kept);
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
  add("stale-since", stale_since(verdict));
  if (verdict.decision != Decision::Deny && verdict.intended_decision == Decision::Deny) {
    add("would-deny", would_deny(verdict));
  }
  return annotations;
}

}  // namespace leangate::policy
