#include "policy/build_history.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "policy/one_line.h"
#include "policy/secrets.h"

namespace leangate::policy {

namespace {

// Enough for a reader to recognise any instruction; a heredoc may hold a whole script.
constexpr std::size_t kMaxInstruction = 1000;
// What is looked at of one entry at all.
constexpr std::size_t kMaxCreatedBy = 64u << 10;

constexpr std::string_view kBuildKitComment = "buildkit.";
constexpr std::string_view kBuildahComment = "FROM ";
constexpr std::string_view kBuildahLabel = "io.buildah.version";

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

// The next word, with the blank behind it. Texts are folded, so that blanks are single.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

// One line, runs of white space as one blank, none at the ends.
std::string fold(std::string_view text) {
  const std::string line = one_line(text.substr(0, kMaxCreatedBy), kMaxCreatedBy);
  std::string folded;
  for (const char c : line) {
    if (c != ' ') {
      folded += c;
    } else if (!folded.empty() && folded.back() != ' ') {
      folded += ' ';
    }
  }
  if (!folded.empty() && folded.back() == ' ') {
    folded.pop_back();
  }
  return folded;
}

bool is_shell(std::string_view program) {
  static constexpr std::array<std::string_view, 10> kShells{
      "sh", "bash", "ash", "dash", "zsh", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh"};
  const std::size_t slash = program.find_last_of("/\\");
  if (slash != std::string_view::npos) {
    program.remove_prefix(slash + 1);
  }
  return std::find(kShells.begin(), kShells.end(), program) != kShells.end();
}

// The option after which a shell's command line begins: -c, -lc, -euxc, /C, -Command.
bool begins_command(std::string_view option) {
  if (option == "/C" || option == "/c" || option == "-Command") {
    return true;
  }
  return option.size() >= 2 && option.size() <= 8 && option.front() == '-' && option.back() == 'c';
}

// Takes "/bin/bash -o pipefail -c " off the front: SHELL may be anything that is a shell, with
// options. False, and nothing taken, when there is no such front.
bool take_shell(std::string_view& text) {
  constexpr int kMaxOptions = 8;
  std::string_view rest = text;
  if (!is_shell(take_word(rest))) {
    return false;
  }
  for (int i = 0; i < kMaxOptions && !rest.empty(); ++i) {
    if (begins_command(take_word(rest))) {
      text = rest;
      return true;
    }
  }
  return false;
}

// Takes build arguments off the front: "|2 FOO=bar BAZ=a b /bin/sh -c ". Their values aren't quoted
// and may hold blanks, so the shell marks the end; without one (exec form) the number counts words.
void take_build_arguments(std::string_view& text) {
  if (text.size() < 2 || text.front() != '|' ||
      std::isdigit(static_cast<unsigned char>(text[1])) == 0) {
    return;
  }
  std::string_view rest = text.substr(1);
  std::size_t count = 0;
  for (const char digit : take_word(rest)) {
    if (std::isdigit(static_cast<unsigned char>(digit)) == 0 || count > 1000) {
      return;
    }
    count = count * 10 + static_cast<std::size_t>(digit - '0');
  }
  std::string_view after_words = rest;
  for (std::size_t i = 0; i < count; ++i) {
    take_word(after_words);
  }
  // A value's own blanks only ever move the shell further to the right.
  for (std::string_view scan = after_words; !scan.empty(); take_word(scan)) {
    std::string_view command = scan;
    if (take_shell(command)) {
      text = scan;
      return;
    }
  }
  text = after_words;
}

// "file:770e381defc5...64 digits... in /" -> "file:770e381defc5 in /".
std::string shorten_checksums(std::string_view text) {
  constexpr std::size_t kFullDigits = 64;
  constexpr std::size_t kShownDigits = 12;
  std::string shortened;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    digits = std::isxdigit(static_cast<unsigned char>(text[i])) != 0 ? digits + 1 : 0;
    shortened += text[i];
    if (digits == kFullDigits) {
      shortened.resize(shortened.size() - (kFullDigits - kShownDigits));
      digits = 0;
    }
  }
  return shortened;
}

// The classic builder and buildah write "<shell> #(nop) COPY file:... in /x" for all but RUN.
bool take_no_operation(std::string_view& text) {
  std::string_view rest = text;
  if (take_shell(rest) && take_prefix(rest, "#(nop) ")) {
    text = rest;
    return true;
  }
  return false;
}

bool starts_with_instruction(std::string_view text) {
  static constexpr std::array<std::string_view, 18> kInstructions{"ADD",
                                                                  "ARG",
                                                                  "CMD",
                                                                  "COPY",
                                                                  "ENTRYPOINT",
                                                                  "ENV",
                                                                  "EXPOSE",
                                                                  "FROM",
                                                                  "HEALTHCHECK",
                                                                  "LABEL",
                                                                  "RUN",
                                                                  "MAINTAINER",
                                                                  "ONBUILD",
                                                                  "SHELL",
                                                                  "STOPSIGNAL",
                                                                  "USER",
                                                                  "VOLUME",
                                                                  "WORKDIR"};
  return std::find(kInstructions.begin(), kInstructions.end(), take_word(text)) !=
         kInstructions.end();
}

std::string undress(std::string_view text) {
  constexpr std::string_view kBuildKitMark = " # buildkit";
  if (text.ends_with(kBuildKitMark)) {
    text.remove_suffix(kBuildKitMark.size());
  }
  if (take_no_operation(text)) {
    return shorten_checksums(text);
  }
  const bool says_run = take_prefix(text, "RUN ");
  take_build_arguments(text);
  const bool in_shell = take_shell(text);
  if (says_run || in_shell) {
    return "RUN " + std::string{text};
  }
  if (text.find(' ') == std::string_view::npos && is_shell(text)) {
    return {};  // `buildah commit` of a container that ran nothing writes the bare shell
  }
  return std::string{text};
}

// The instruction of one entry. Builders other than Dockerfile ones put their own name into
// created_by and say in the comment what the layer holds (jib, ko, nix).
std::string instruction_text(const HistoryEntry& entry) {
  const std::string created_by = fold(entry.created_by);
  std::string text = undress(created_by);
  const bool says_more = !entry.comment.empty() && !entry.comment.starts_with(kBuildKitComment) &&
                         !entry.comment.starts_with(kBuildahComment);
  if (says_more && !starts_with_instruction(text)) {
    const std::string comment = fold(entry.comment);
    text = text.empty() ? comment : text + " (" + comment + ")";
  }
  return one_line(hide_secrets(text), kMaxInstruction);
}

// RUN, COPY and ADD: what no builder would call empty without a reason.
bool makes_files(std::string_view instruction) {
  const std::string_view word = take_word(instruction);
  return word == "RUN" || word == "COPY" || word == "ADD";
}

bool is_metadata(std::string_view instruction) {
  return starts_with_instruction(instruction) && !makes_files(instruction) &&
         !instruction.starts_with("WORKDIR ");
}

// Where buildah's own marks, a label and a comment, speak of the entries. Labels and history are
// inherited, so the marks of a base that buildah made say nothing of what BuildKit put on top of
// it; a comment behind BuildKit's last entry is buildah's word on the image itself.
class BuildahMarks {
 public:
  explicit BuildahMarks(const ImageConfig& config) {
    const auto& history = config.history;
    const auto has = [](std::string_view comment) {
      return [comment](const HistoryEntry& entry) { return entry.comment.starts_with(comment); };
    };
    const auto first = std::find_if(history.begin(), history.end(), has(kBuildKitComment));
    const auto behind_last =
        std::find_if(history.rbegin(), history.rend(), has(kBuildKitComment)).base();
    buildkit_begin_ = static_cast<std::size_t>(first - history.begin());
    buildkit_end_ = static_cast<std::size_t>(behind_last - history.begin());
    before_ = config.labels.contains(std::string{kBuildahLabel}) ||
              std::any_of(history.begin(), first, has(kBuildahComment));
    behind_ = std::any_of(behind_last, history.end(), has(kBuildahComment));
  }

  // Of the entries `first` to `last`.
  bool cover(std::size_t first, std::size_t last) const {
    return (before_ && last < buildkit_begin_) || (behind_ && first >= buildkit_end_);
  }

 private:
  std::size_t buildkit_begin_ = 0;  // without BuildKit's entries the size of the history,
  std::size_t buildkit_end_ = 0;    // and 0: all of it is before and behind
  bool before_ = false;
  bool behind_ = false;
};

// Other builders drop a RUN that changed nothing, so an empty RUN before a RUN with a layer proves
// nothing; before a CMD with a layer it does, and so does it under buildah's own marks.
std::vector<LayerInstruction> tie_layers(const ImageConfig& config) {
  const BuildahMarks buildah{config};
  std::vector<LayerInstruction> layers;
  std::string first_of_run;  // the first file-making instruction called empty since the last layer
  std::size_t first_index = 0;
  for (std::size_t i = 0; i < config.history.size(); ++i) {
    std::string text = instruction_text(config.history[i]);
    if (config.history[i].empty_layer) {
      if (first_of_run.empty() && makes_files(text)) {
        first_of_run = std::move(text);
        first_index = i;
      }
      continue;
    }
    if (!first_of_run.empty() && (buildah.cover(first_index, i) || is_metadata(text))) {
      layers.push_back({first_of_run, true});
    } else {
      layers.push_back({std::move(text), false});
    }
    first_of_run.clear();
  }
  return layers;
}

}  // namespace

std::optional<LayerInstruction> BuildHistory::instruction_of(std::size_t layer) const {
  if (layer >= layers.size() || layers[layer].text.empty()) {
    return std::nullopt;
  }
  return layers[layer];
}

BuildHistory read_build_history(const ImageFacts& facts) {
  if (!facts.config || facts.config->history.empty()) {
    return {};
  }
  BuildHistory history;
  history.layers = tie_layers(*facts.config);
  history.tie =
      history.layers.size() == facts.layers.size() ? HistoryTie::Exact : HistoryTie::Mismatch;
  if (history.tie == HistoryTie::Mismatch) {
    history.layers.clear();
  }
  return history;
}

}  // namespace leangate::policy
