#include "webhook/registry/toml_tree.h"

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

// toml++ 3.3 asserts of "[[[" what the next line would have reported as a mistake, and lets clang
// optimise by it where assertions are off: they are all taken out.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
// The compiled library has other settings than these.
#define TOML_HEADER_ONLY 1
// Errors as values: nothing here throws but for want of memory.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// hosts.toml has lists of pairs at most.
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

namespace leangate::registry {
namespace {

using policy::DocumentNode;
using policy::Mark;
using policy::Mistake;
using Kind = DocumentNode::Kind;

// The parser bounds the depth of values but not that of dotted keys, a.b.c, which are tables in
// tables all the same and are taken apart by recursion. A key stands on one line; this many dots in
// each of the 16 levels of values are a thousand levels.
constexpr std::ptrdiff_t kMaxDotsPerLine = 64;

Mark mark_of(const toml::source_region& region) {
  return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

// The line as toml++ 3.3 can be trusted with it, or why it can't. What is beyond ASCII makes its
// tables of white space undefined, so that it is taken out of comments and refused elsewhere.
Result<std::string, Mistake> check_line(std::string_view line, int number) {
  if (std::count(line.begin(), line.end(), '.') > kMaxDotsPerLine) {
    return Failure{
        Mistake{"",
                {number, 1},
                "",
                "has more than " + std::to_string(kMaxDotsPerLine) + " dots in one line"}};
  }
  std::string checked{line};
  const std::size_t first = line.find_first_not_of(" \t");
  if (first != std::string_view::npos && line[first] == '#') {
    std::replace_if(checked.begin(), checked.end(), is_beyond_ascii, '?');
    return checked;
  }
  const auto strange = std::find_if(line.begin(), line.end(), is_beyond_ascii);
  if (strange != line.end()) {
    return Failure{
        Mistake{"",
                {number, static_cast<int>(strange - line.begin()) + 1},
                "",
                "holds a character beyond ASCII: write it as \\uXXXX in double quotes, or "
                "into a comment on a line of its own"}};
  }
  return checked;
}

Result<std::string, Mistake> check_lines(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::string checked;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    Result<std::string, Mistake> result = check_line(line, number);
    if (!result) {
      return result;
    }
    checked += *result;
    text.remove_prefix(line.size());
  }
  return checked;
}

DocumentNode convert(const toml::node& node);

bool stands_before(const Mark& one, const Mark& other) {
  return std::pair{one.line, one.column} < std::pair{other.line, other.column};
}

void convert_members(const toml::table& table, DocumentNode& result) {
  result.kind = Kind::Mapping;
  for (const auto& [key, value] : table) {
    result.members.push_back({std::string{key.str()}, mark_of(key.source()), convert(value)});
  }
  // The table itself is sorted by its keys.
  std::stable_sort(result.members.begin(),
                   result.members.end(),
                   [](const DocumentNode::Member& one, const DocumentNode::Member& other) {
                     return stands_before(one.key_mark, other.key_mark);
                   });
}

template <typename T>
std::string text_of(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

DocumentNode convert(const toml::node& node) {
  DocumentNode result;
  result.mark = mark_of(node.source());
  if (const toml::table* table = node.as_table()) {
    convert_members(*table, result);
  } else if (const toml::array* array = node.as_array()) {
    result.kind = Kind::Sequence;
    for (const toml::node& item : *array) {
      result.items.push_back(convert(item));
    }
  } else if (const auto* text = node.as_string()) {
    result.kind = Kind::String;
    result.text = text->get();
  } else if (const auto* flag = node.as_boolean()) {
    result.kind = Kind::Boolean;
    result.text = flag->get() ? "true" : "false";
  } else if (const auto* number = node.as_integer()) {
    result.kind = Kind::Integer;
    result.text = std::to_string(number->get());
  } else {
    result.kind = Kind::Float;
    if (const auto* real = node.as_floating_point()) {
      result.text = text_of(real->get());
    } else {
      result.text = "a date";
    }
  }
  return result;
}

}  // namespace

Result<DocumentNode, Mistake> read_toml(std::string_view text, const std::string& file) {
  const auto mistake = [&file](Mark mark, std::string message) {
    return Failure{Mistake{file, mark, "", std::move(message)}};
  };
  if (text.size() > kMaxTomlBytes) {
    return mistake({}, "is larger than " + std::to_string(kMaxTomlBytes) + " bytes");
  }
  const Result<std::string, Mistake> checked = check_lines(text);
  if (!checked) {
    return mistake(checked.error().mark, checked.error().message);
  }
  try {
    const toml::parse_result parsed = toml::parse(*checked);
    if (!parsed) {
      return mistake(mark_of(parsed.error().source()), std::string{parsed.error().description()});
    }
    return convert(parsed.table());
  } catch (const std::exception& exception) {
    return mistake({}, std::string{"could not be read: "} + exception.what());
  }
}

}  // namespace leangate::registry
