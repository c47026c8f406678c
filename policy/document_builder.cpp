#include "policy/document_builder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "policy/one_line.h"

namespace leangate::policy {
namespace {

using Kind = DocumentNode::Kind;

// The longest key that Kubernetes knows, a label's: a DNS name, '/' and a label's name.
constexpr std::size_t kMaxShownKey = 253 + 1 + 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view skip_digits(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  return text.substr(static_cast<std::size_t>(end - text.begin()));
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

// "0x1F" and "0o17", which YAML 1.2 and Go read alike.
bool is_prefixed_integer(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') {
    return false;
  }
  const std::string_view digits = text[1] == 'x'   ? "0123456789abcdefABCDEF"
                                  : text[1] == 'o' ? "01234567"
                                                   : "";
  return !digits.empty() && text.find_first_not_of(digits, 2) == std::string_view::npos;
}

std::string_view skip_sign(std::string_view text) {
  return !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
}

// ([eE] [-+]? digits)?
bool is_exponent_or_nothing(std::string_view text) {
  if (text.empty()) {
    return true;
  }
  const std::string_view digits = skip_sign(text.substr(1));
  return (text[0] == 'e' || text[0] == 'E') && !digits.empty() && skip_digits(digits).empty();
}

// [-+]? ( digits [. digits?]? | . digits ) ([eE] [-+]? digits)?   of YAML 1.2, 10.3.2
Kind kind_of_number(std::string_view text) {
  text = skip_sign(text);
  std::string_view rest = skip_digits(text);
  std::size_t digits = text.size() - rest.size();
  if (rest.empty()) {
    // "040" is 32 to YAML 1.1 and 40 to YAML 1.2.
    return digits == 1 || (digits > 1 && text[0] != '0') ? Kind::Integer : Kind::String;
  }
  if (rest[0] == '.') {
    const std::string_view after = skip_digits(rest.substr(1));
    digits += rest.size() - 1 - after.size();
    rest = after;
  }
  return digits > 0 && is_exponent_or_nothing(rest) ? Kind::Float : Kind::String;
}

bool is_plain_word(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

}  // namespace

Kind kind_of_plain_scalar(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) {
    return Kind::Null;
  }
  if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
    return Kind::Boolean;
  }
  if (is_prefixed_integer(text)) {
    return Kind::Integer;
  }
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) {
    return Kind::Float;
  }
  if (is_one_of(skip_sign(text), {".inf", ".Inf", ".INF"})) {
    return Kind::Float;
  }
  return kind_of_number(text);
}

std::string field_path(std::string_view parent, std::string_view key) {
  const std::string shown = one_line(key, kMaxShownKey);
  if (!is_plain_word(key)) {
    return fmt::format("{}[{}]", parent, shown);
  }
  return parent.empty() ? shown : fmt::format("{}.{}", parent, shown);
}

std::string field_path(std::string_view parent, std::size_t index) {
  return fmt::format("{}[{}]", parent, index);
}

void TextReading::add_mistake(Mistake mistake) {
  if (is_full()) {
    ++result.more_mistakes;
  } else {
    result.mistakes.push_back(std::move(mistake));
  }
}

void DocumentBuilder::Cost::add_child(const Cost& child) {
  nodes += child.nodes;
  bytes += child.bytes;
  depth = std::max(depth, child.depth + 1);
}

void DocumentBuilder::start(Mark mark) {
  const std::size_t limit = reading_.limits.max_documents;
  if (++reading_.spent_documents > limit) {
    exhaust(mark, fmt::format("is more than the {} documents that one text may have", limit));
  }
}

void DocumentBuilder::begin(Kind collection, Mark mark, AnchorId anchor) {
  if (failed() || !spend(mark, 1, 0)) {
    return;
  }
  if (expects_key()) {
    fail(mark, "a key must be a plain value, not a list or a mapping");
    return;
  }
  if (open_.size() >= reading_.limits.max_depth) {
    fail(mark, fmt::format("is nested deeper than {} levels", reading_.limits.max_depth));
    return;
  }
  Frame frame;
  frame.node.kind = collection;
  frame.node.mark = mark;
  frame.anchor = anchor;
  open_.push_back(std::move(frame));
}

void DocumentBuilder::end() {
  if (failed() || open_.empty()) {
    return;
  }
  Frame frame = std::move(open_.back());
  open_.pop_back();
  apply_merged(frame);
  finish_node(std::move(frame.node), frame.cost, frame.anchor);
}

void DocumentBuilder::scalar(DocumentNode leaf, AnchorId anchor) {
  if (failed() || !spend(leaf.mark, 1, 0)) {
    return;
  }
  Cost cost;
  cost.bytes = leaf.text.size();
  finish_node(std::move(leaf), cost, anchor);
}

void DocumentBuilder::merge_key(Mark mark) {
  if (failed() || !spend(mark, 1, 0)) {
    return;
  }
  Frame& frame = open_.back();
  frame.key_mark = mark;
  frame.has_key = true;
  frame.is_merge = true;
}

void DocumentBuilder::alias(Mark mark, AnchorId anchor) {
  if (failed()) {
    return;
  }
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    fail(mark, "an alias stands inside of what it refers to");
    return;
  }
  const Cost cost = found->second.cost;
  if (open_.size() + cost.depth > reading_.limits.max_depth) {
    fail(mark, fmt::format("is nested deeper than {} levels", reading_.limits.max_depth));
    return;
  }
  if (spend(mark, cost.nodes, cost.bytes)) {
    place(found->second.node, cost);
  }
}

void DocumentBuilder::fail(Mark mark, std::string message) {
  if (!failed()) {
    failure_ = Mistake{"", mark, "", std::move(message)};
  }
}

bool DocumentBuilder::expects_key() const {
  return !open_.empty() && open_.back().node.kind == Kind::Mapping && !open_.back().has_key;
}

std::optional<DocumentNode> DocumentBuilder::take_document() {
  if (failed()) {
    return std::nullopt;
  }
  return std::exchange(document_, std::nullopt);
}

void DocumentBuilder::finish_node(DocumentNode node, const Cost& cost, AnchorId anchor) {
  if (anchor != 0) {
    // The copy is paid for like an alias: nested anchors would multiply it otherwise.
    if (!spend(node.mark, cost.nodes, cost.bytes)) {
      return;
    }
    anchors_.insert_or_assign(anchor, Anchored{node, cost});
  }
  place(std::move(node), cost);
}

void DocumentBuilder::place(DocumentNode node, const Cost& cost) {
  if (open_.empty()) {
    document_ = std::move(node);
    return;
  }
  Frame& frame = open_.back();
  frame.cost.add_child(cost);
  if (frame.node.kind == Kind::Sequence) {
    frame.node.items.push_back(std::move(node));
  } else if (!frame.has_key) {
    add_key(node);
  } else if (frame.is_merge) {
    keep_merged(frame, std::move(node));
  } else {
    add_member(frame, std::move(node));
  }
}

void DocumentBuilder::add_key(const DocumentNode& key) {
  if (key.kind == Kind::Sequence || key.kind == Kind::Mapping) {
    fail(key.mark, "a key must be a plain value, not a list or a mapping");
    return;
  }
  Frame& frame = open_.back();
  frame.key = key.kind == Kind::Null ? "null" : key.text;
  frame.key_mark = key.mark;
  frame.has_key = true;
  frame.is_merge = false;
}

void DocumentBuilder::add_member(Frame& frame, DocumentNode value) {
  if (frame.keys.insert(frame.key).second) {
    frame.node.members.push_back({frame.key, frame.key_mark, std::move(value)});
  } else {
    reading_.add_mistake(
        {"", frame.key_mark, reading_.is_full() ? "" : path(), "stands here for the second time"});
  }
  frame.has_key = false;
}

void DocumentBuilder::keep_merged(Frame& frame, DocumentNode value) {
  frame.has_key = false;
  std::vector<DocumentNode> sources;
  if (value.kind == Kind::Sequence) {
    sources = std::move(value.items);
  } else {
    sources.push_back(std::move(value));
  }
  for (DocumentNode& source : sources) {
    if (source.kind != Kind::Mapping) {
      fail(source.mark, "only mappings can be merged with <<");
      return;
    }
    frame.merged.push_back(std::move(source));
  }
}

// The mapping's own members win over merged ones, earlier merges over later ones.
void DocumentBuilder::apply_merged(Frame& frame) {
  for (DocumentNode& source : frame.merged) {
    for (DocumentNode::Member& member : source.members) {
      if (frame.keys.insert(member.key).second) {
        frame.node.members.push_back(std::move(member));
      }
    }
  }
}

bool DocumentBuilder::spend(Mark mark, std::size_t nodes, std::size_t copied_bytes) {
  reading_.spent_nodes += nodes;
  reading_.copied_bytes += copied_bytes;
  const DocumentLimits& limits = reading_.limits;
  if (reading_.spent_nodes > limits.max_nodes) {
    exhaust(mark, fmt::format("has more than {} values", limits.max_nodes));
  } else if (reading_.copied_bytes > limits.max_bytes) {
    exhaust(mark, fmt::format("aliases grow to more than {} bytes", limits.max_bytes));
  }
  return !failed();
}

void DocumentBuilder::exhaust(Mark mark, std::string message) {
  reading_.is_exhausted = true;
  fail(mark, std::move(message));
}

std::string DocumentBuilder::path() const {
  std::string path;
  for (const Frame& frame : open_) {
    path = frame.node.kind == Kind::Sequence ? field_path(path, frame.node.items.size())
                                             : field_path(path, frame.key);
  }
  return path;
}

}  // namespace leangate::policy
