#include "policy/field_reader.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "policy/document_builder.h"
#include "policy/one_line.h"
#include "policy/quantity.h"

namespace leangate::policy {
namespace {

using Kind = DocumentNode::Kind;

constexpr std::size_t kMaxItemLength = 4096;  // what read_string allows, too
constexpr std::size_t kMaxChoices = 32;       // more than any list of names that is offered
constexpr std::size_t kMaxShown = 64;         // of a hostile scalar in a message

std::string_view describe(Kind kind) {
  switch (kind) {
    case Kind::Null:
      return "empty";
    case Kind::Boolean:
      return "a boolean";
    case Kind::Integer:
    case Kind::Float:
      return "a number";
    case Kind::String:
      return "a string";
    case Kind::Sequence:
      return "a list";
    case Kind::Mapping:
      return "a mapping";
  }
  return "something else";
}

bool is_scalar(const DocumentNode& node) {
  return node.kind != Kind::Sequence && node.kind != Kind::Mapping;
}

// "is a list, expected a boolean"; scalars are shown: "40 is a number, expected a string".
std::string wrong_kind(const DocumentNode& node, std::string_view expected) {
  if (node.kind == Kind::Null) {
    return fmt::format("is empty, expected {}; leave the field out for its default", expected);
  }
  const std::string_view found = describe(node.kind);
  if (!is_scalar(node)) {
    return fmt::format("is {}, expected {}", found, expected);
  }
  return node.kind == Kind::String
             ? fmt::format("{} is {}, expected {}", quoted(node.text), found, expected)
             : fmt::format(
                   "{} is {}, expected {}", one_line(node.text, kMaxShown), found, expected);
}

std::string wrong_string(const DocumentNode& node) {
  std::string message = wrong_kind(node, "a string");
  if (is_scalar(node) && node.kind != Kind::Null) {
    message += fmt::format(": write \"{}\" in quotes", one_line(node.text, kMaxShown));
  }
  return message;
}

// Levenshtein's distance, for the short names of fields and choices.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  if (text.size() > kMaxShown) {
    // No half code point at the cut: continuation bytes and then their lead go.
    while ((static_cast<unsigned char>(result.back()) & 0xC0u) == 0x80) {
      result.pop_back();
    }
    if ((static_cast<unsigned char>(result.back()) & 0xC0u) == 0xC0) {
      result.pop_back();
    }
    result += "...";
  }
  return result + "\"";
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  // A third of the letters may be wrong, so that short names don't suggest one another.
  constexpr std::size_t kLongest = 64;
  if (name.size() > kLongest) {
    return "";
  }
  std::string nearest;
  std::size_t smallest = std::min(name.size(), std::max<std::size_t>(name.size() / 3, 1) + 1);
  for (const std::string& candidate : known) {
    const std::size_t letters = distance(lower_case(name), lower_case(candidate));
    if (letters < smallest) {
      smallest = letters;
      nearest = candidate;
    }
  }
  return nearest;
}

void MistakeLog::add(Mark mark, std::string field, std::string message) {
  if (is_full()) {
    ++more_mistakes;
  } else {
    mistakes.push_back({file, mark, std::move(field), std::move(message)});
  }
}

std::vector<Mistake> MistakeLog::take() {
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const Mistake& one, const Mistake& other) {
    return std::tie(one.mark.line, one.mark.column) < std::tie(other.mark.line, other.mark.column);
  });
  const std::size_t more = std::exchange(more_mistakes, 0);
  if (more > 0) {
    mistakes.push_back(
        {file, {}, "", fmt::format("{} more mistake{}", more, more == 1 ? "" : "s")});
  }
  return std::exchange(mistakes, {});
}

FieldReader::FieldReader(const DocumentNode& node, std::string path, MistakeLog& log)
    : node_{node}, path_{std::move(path)}, log_{log} {
  if (!is_mapping()) {
    log_.add(node_.mark, path_, wrong_kind(node_, "a mapping"));
  }
}

bool FieldReader::is_mapping() const {
  return node_.kind == Kind::Mapping;
}

bool FieldReader::has_fields_besides(std::string_view name) const {
  return std::any_of(node_.members.begin(),
                     node_.members.end(),
                     [name](const DocumentNode::Member& member) { return member.key != name; });
}

void FieldReader::require(std::string_view name) {
  if (is_mapping() && node_.find(name) == nullptr) {
    log_.add(node_.mark, path_of(name), "is missing");
  }
}

const DocumentNode* FieldReader::take(std::string_view name) {
  known_.emplace_back(name);
  return node_.find(name);
}

std::optional<std::string> FieldReader::read_string(std::string_view name, std::size_t max_length) {
  const DocumentNode* node = take(name);
  return node == nullptr ? std::nullopt : string_of(*node, path_of(name), max_length);
}

std::optional<bool> FieldReader::read_bool(std::string_view name) {
  const DocumentNode* node = take(name);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (node->kind != Kind::Boolean) {
    mistake(name, wrong_kind(*node, "true or false"));
    return std::nullopt;
  }
  return node->text == "true";
}

std::optional<std::int64_t> FieldReader::read_integer(std::string_view name,
                                                      std::int64_t min,
                                                      std::int64_t max) {
  const DocumentNode* node = take(name);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (node->kind != Kind::Integer) {
    mistake(name, wrong_kind(*node, "a whole number"));
    return std::nullopt;
  }
  const std::string_view digits =
      std::string_view{node->text}.substr(node->text.front() == '+' ? 1 : 0);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() && error != std::errc::result_out_of_range) {
    mistake(name, fmt::format("{} is no decimal number", quoted(node->text)));
    return std::nullopt;
  }
  if (error != std::errc{} || value < min || value > max) {
    mistake(name, fmt::format("{} is not between {} and {}", digits.substr(0, 32), min, max));
    return std::nullopt;
  }
  return value;
}

template <typename T>
std::optional<T> FieldReader::read_parsed(std::string_view name,
                                          std::string_view what,
                                          Result<T, std::string> (*parse)(std::string_view)) {
  const DocumentNode* node = take(name);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (node->kind != Kind::String && node->kind != Kind::Integer && node->kind != Kind::Float) {
    mistake(name, wrong_kind(*node, what));
    return std::nullopt;
  }
  auto value = parse(node->text);
  if (!value) {
    mistake(name, fmt::format("{} is not {}: {}", quoted(node->text), what, value.error()));
    return std::nullopt;
  }
  return *value;
}

std::optional<std::uint64_t> FieldReader::read_quantity(std::string_view name) {
  return read_parsed<std::uint64_t>(name, "a quantity", parse_quantity);
}

std::optional<Duration> FieldReader::read_duration(std::string_view name) {
  return read_parsed<Duration>(name, "a duration", parse_duration);
}

std::optional<Instant> FieldReader::read_instant(std::string_view name) {
  return read_parsed<Instant>(name, "an instant", parse_instant);
}

std::optional<std::vector<std::string>> FieldReader::read_strings(std::string_view name,
                                                                  std::size_t max_items) {
  std::vector<std::string> texts;
  const bool is_list = for_each_item(
      name, max_items, "a list of strings", [&](const DocumentNode& item, const std::string& path) {
        auto text = string_of(item, path, kMaxItemLength);
        if (text && text->empty()) {
          log_.add(item.mark, path, "is an empty string");
        } else if (text && std::find(texts.begin(), texts.end(), *text) != texts.end()) {
          log_.add(item.mark, path, fmt::format("{} stands in the list already", quoted(*text)));
        } else if (text) {
          texts.push_back(std::move(*text));
        }
      });
  return is_list ? std::optional{std::move(texts)} : std::nullopt;
}

std::optional<std::map<std::string, std::string>> FieldReader::read_string_map(
    std::string_view name, std::size_t max_items) {
  const DocumentNode* node = take(name);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (node->kind != Kind::Mapping) {
    mistake(name, wrong_kind(*node, "a mapping of strings to strings"));
    return std::nullopt;
  }
  if (node->members.size() > max_items) {
    mistake(name, fmt::format("has more than {} entries", max_items));
    return std::nullopt;
  }
  std::map<std::string, std::string> result;
  for (const DocumentNode::Member& member : node->members) {
    const std::string path = field_path(path_of(name), member.key);
    if (auto text = string_of(member.value, path, kMaxItemLength)) {
      result.emplace(member.key, std::move(*text));
    }
  }
  return result;
}

std::optional<std::size_t> FieldReader::read_choice(std::string_view name,
                                                    std::initializer_list<std::string_view> names) {
  const DocumentNode* node = take(name);
  return node == nullptr ? std::nullopt : choice_of(*node, path_of(name), names);
}

std::optional<std::vector<std::size_t>> FieldReader::read_choices(
    std::string_view name, std::initializer_list<std::string_view> names) {
  const std::string expected = fmt::format("a list of {}", fmt::join(names, ", "));
  std::vector<std::size_t> choices;
  bool is_empty = true;
  const bool is_list = for_each_item(
      name, kMaxChoices, expected, [&](const DocumentNode& item, const std::string& path) {
        is_empty = false;
        const auto choice = choice_of(item, path, names);
        if (choice && std::find(choices.begin(), choices.end(), *choice) != choices.end()) {
          log_.add(item.mark, path, fmt::format("{} stands in the list already", item.text));
        } else if (choice) {
          choices.push_back(*choice);
        }
      });
  if (is_list && is_empty) {
    mistake(name,
            fmt::format("is an empty list, expected at least one of {}", fmt::join(names, ", ")));
  }
  return is_list ? std::optional{std::move(choices)} : std::nullopt;
}

void FieldReader::read_mapping(std::string_view name,
                               const std::function<void(FieldReader&)>& read) {
  const DocumentNode* node = take(name);
  if (node == nullptr) {
    return;
  }
  FieldReader fields{*node, path_of(name), log_};
  if (fields.is_mapping()) {
    read(fields);
    fields.finish();
  }
}

void FieldReader::read_mappings(std::string_view name,
                                std::size_t max_items,
                                const std::function<void(FieldReader&)>& read) {
  for_each_item(name,
                max_items,
                "a list of mappings",
                [&](const DocumentNode& item, const std::string& path) {
                  FieldReader fields{item, path, log_};
                  if (fields.is_mapping()) {
                    read(fields);
                    fields.finish();
                  }
                });
}

void FieldReader::refuse_unbuilt(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (take(name) != nullptr) {
      mistake(name, "is not in this version");
    }
  }
}

void FieldReader::mistake(std::string_view name, std::string message) {
  const DocumentNode* node = node_.find(name);
  log_.add(node == nullptr ? node_.mark : node->mark, path_of(name), std::move(message));
}

std::string FieldReader::path_of(std::string_view name) const {
  return name.empty() ? path_ : field_path(path_, name);
}

void FieldReader::finish() {
  for (const DocumentNode::Member& member : node_.members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) {
      continue;
    }
    const std::string nearest = log_.is_full() ? "" : nearest_name(member.key, known_);
    log_.add(member.key_mark,
             path_of(member.key),
             nearest.empty() ? "is not a known field"
                             : fmt::format("is not a known field, did you mean {}?", nearest));
  }
}

bool FieldReader::for_each_item(std::string_view name,
                                std::size_t max_items,
                                std::string_view expected,
                                const ReadItem& read) {
  const DocumentNode* node = take(name);
  if (node == nullptr) {
    return false;
  }
  if (node->kind != Kind::Sequence) {
    mistake(name, wrong_kind(*node, expected));
    return false;
  }
  if (node->items.size() > max_items) {
    mistake(name, fmt::format("has more than {} entries", max_items));
    return false;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    read(node->items[i], field_path(path_of(name), i));
  }
  return true;
}

std::optional<std::string> FieldReader::string_of(const DocumentNode& node,
                                                  const std::string& path,
                                                  std::size_t max_length) {
  if (node.kind != Kind::String) {
    log_.add(node.mark, path, wrong_string(node));
    return std::nullopt;
  }
  if (node.text.size() > max_length) {
    log_.add(node.mark, path, fmt::format("is longer than {} bytes", max_length));
    return std::nullopt;
  }
  return node.text;
}

std::optional<std::size_t> FieldReader::choice_of(const DocumentNode& node,
                                                  const std::string& path,
                                                  std::initializer_list<std::string_view> names) {
  const auto* found = std::find(names.begin(), names.end(), node.text);
  if (is_scalar(node) && node.kind == Kind::String && found != names.end()) {
    return static_cast<std::size_t>(found - names.begin());
  }
  const std::string expected = fmt::format("one of {}", fmt::join(names, ", "));
  log_.add(node.mark,
           path,
           node.kind == Kind::String ? fmt::format("{} is not {}", quoted(node.text), expected)
                                     : wrong_kind(node, expected));
  return std::nullopt;
}

}  // namespace leangate::policy
