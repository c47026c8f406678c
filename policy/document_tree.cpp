#include "policy/document_tree.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "policy/document_builder.h"
#include "policy/document_parsers.h"
#include "policy/one_line.h"
#include "policy/utf8.h"

namespace leangate::policy {
namespace {

// A part of the text between two "---" lines, which can't stand inside a document (YAML 1.2,
// 9.1.2). Cutting there first lets the documents after a broken one be read.
struct Part {
  std::string_view text;
  int first_line = 0;  // 0-based
  bool has_content = false;
};

bool is_document_start(std::string_view line) {
  return line.substr(0, 3) == "---" && line.find_first_not_of(" \t\r", 3) != 3;
}

bool has_content(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first != std::string_view::npos && line[first] != '#' && line[0] != '%';
}

std::vector<Part> split_documents(std::string_view text) {
  std::vector<Part> parts{Part{}};
  std::size_t part_begin = 0;
  int line_number = 0;
  for (std::size_t begin = 0; begin < text.size(); ++line_number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line = text.substr(begin, end - begin - (text[end - 1] == '\n'));
    const bool starts = is_document_start(line);
    if (starts) {
      parts.back().text = text.substr(part_begin, begin - part_begin);
      part_begin = begin;
      parts.push_back({{}, line_number, false});
    }
    parts.back().has_content |= has_content(starts ? line.substr(3) : line);
    begin = end;
  }
  parts.back().text = text.substr(part_begin);
  return parts;
}

// What neither syntax allows anywhere in a text (RFC 8259, section 2; YAML 1.2, 5.1). nlohmann's
// lexer takes NUL and yaml-cpp U+0004 for the end of the text, and what stands behind is ignored.
bool is_forbidden(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

Mark mark_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - line_begin) + 1};
}

Documents read_yaml(std::string_view text, const DocumentLimits& limits) {
  // Only YAML's strings can't hold it.
  constexpr char kDelete = 0x7F;
  if (const std::size_t offset = text.find(kDelete); offset != std::string_view::npos) {
    Documents refused;
    refused.mistakes = {
        {"", mark_of(text, offset), "", "is no YAML: a control character stands here"}};
    return refused;
  }
  TextReading reading{limits};
  for (const Part& part : split_documents(text)) {
    if (part.has_content) {
      read_yaml_documents(part.text, part.first_line, reading);
    }
    if (reading.is_exhausted) {
      break;
    }
  }
  return std::move(reading.result);
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

// Who begins a mapping with a quoted key, or with none, means JSON.
bool was_meant_as_json(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  const std::size_t second = text.find_first_not_of(kSpace, first + 1);
  return second == std::string_view::npos || text[first] == '[' || text[second] == '"' ||
         text[second] == '}';
}

Documents read_json_or_yaml(std::string_view text, const DocumentLimits& limits) {
  if (!looks_like_json(text)) {
    return read_yaml(text, limits);
  }
  JsonReading json = read_json_document(text, limits);
  if (!json.syntax_error) {
    return std::move(json.reading);
  }
  Documents yaml = read_yaml(text, limits);
  if (yaml.documents.empty() && !yaml.mistakes.empty() && was_meant_as_json(text)) {
    Documents refused;
    refused.mistakes = {*json.syntax_error};
    return refused;
  }
  return yaml;
}

}  // namespace

std::string Mistake::str() const {
  // Above every sentence of ours with a path of Kubernetes' longest keys.
  constexpr std::size_t kLongest = 2048;
  std::string text;
  if (!file.empty()) {
    text = file + ":";
    if (mark.line > 0) {
      text += fmt::format("{}:{}:", mark.line, mark.column);
    }
    text += " ";
  }
  if (!field.empty()) {
    text += field + ": ";
  }
  return one_line(text + message, kLongest);
}

const DocumentNode* DocumentNode::find(std::string_view key) const {
  const auto found = std::find_if(
      members.begin(), members.end(), [key](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

Documents read_documents(std::string_view text,
                         const std::string& file,
                         const DocumentLimits& limits) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  Documents result;
  if (text.size() > limits.max_bytes) {
    result.mistakes.push_back(
        {"", {}, "", fmt::format("is larger than {} bytes", limits.max_bytes)});
  } else if (!is_utf8(text)) {
    result.mistakes.push_back({"", {}, "", "is no UTF-8 text"});
  } else if (const auto* found = std::find_if(text.begin(), text.end(), is_forbidden);
             found != text.end()) {
    const auto offset = static_cast<std::size_t>(found - text.begin());
    result.mistakes.push_back({"", mark_of(text, offset), "", "a control character stands here"});
  } else {
    result = read_json_or_yaml(text, limits);
  }
  for (Mistake& mistake : result.mistakes) {
    mistake.file = file;
  }
  return result;
}

}  // namespace leangate::policy
