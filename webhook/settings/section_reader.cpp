#include "webhook/settings/section_reader.h"

#include <limits>
#include <utility>

#include <fmt/format.h>

namespace leangate::settings {

namespace {

constexpr std::size_t kMaxTexts = 256;

std::string not_in_this_version(std::string_view usual) {
  return fmt::format("is not in this version, expected {} or no such field", usual);
}

}  // namespace

void SectionReader::mapping(std::string_view name,
                            const std::function<void(SectionReader&)>& read) {
  fields_.read_mapping(name, [&](policy::FieldReader& fields) {
    SectionReader section{fields, log_};
    read(section);
  });
}

void SectionReader::mappings(std::string_view name,
                             std::size_t max_items,
                             const std::function<void(SectionReader&)>& read) {
  fields_.read_mappings(name, max_items, [&](policy::FieldReader& fields) {
    SectionReader section{fields, log_};
    read(section);
  });
}

void SectionReader::text(std::string_view name, std::string& target) {
  if (auto value = fields_.read_string(name)) {
    target = std::move(*value);
  }
}

void SectionReader::flag(std::string_view name, bool& target) {
  target = fields_.read_bool(name).value_or(target);
}

void SectionReader::count(std::string_view name, std::size_t max, std::size_t& target) {
  if (const auto value = fields_.read_integer(name, 1, static_cast<std::int64_t>(max))) {
    target = static_cast<std::size_t>(*value);
  }
}

void SectionReader::bytes(std::string_view name, std::size_t& target) {
  const auto value = fields_.read_quantity(name);
  if (!value) {
    return;
  }
  if (*value == 0 || *value > std::numeric_limits<std::size_t>::max()) {
    fields_.mistake(name, "is out of range, expected at least one byte");
    return;
  }
  target = static_cast<std::size_t>(*value);
}

void SectionReader::span(std::string_view name,
                         policy::Duration min,
                         policy::Duration max,
                         std::chrono::milliseconds& target) {
  const auto value = fields_.read_duration(name);
  if (!value) {
    return;
  }
  if (*value < min || *value > max) {
    fields_.mistake(name,
                    fmt::format("{} is not between {} and {}",
                                policy::format_duration(*value),
                                policy::format_duration(min),
                                policy::format_duration(max)));
    return;
  }
  target = *value;
}

void SectionReader::text(std::string_view name, const TakeText& take) {
  const auto value = fields_.read_string(name);
  if (!value) {
    return;
  }
  if (const auto taken = take(*value); !taken) {
    fields_.mistake(name, fmt::format("{}: {}", policy::quoted(*value), taken.error()));
  }
}

void SectionReader::texts(std::string_view name, const TakeText& take) {
  if (!fields_.read_strings(name, kMaxTexts)) {
    return;
  }
  const auto& items = fields_.take(name)->items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].kind != policy::DocumentNode::Kind::String || items[i].text.empty()) {
      continue;  // read_strings has complained of it
    }
    if (const auto taken = take(items[i].text); !taken) {
      log_.add(items[i].mark,
               fmt::format("{}[{}]", fields_.path_of(name), i),
               fmt::format("{}: {}", policy::quoted(items[i].text), taken.error()));
    }
  }
}

void SectionReader::pair(std::string_view one_name,
                         const std::string& one,
                         std::string_view other_name,
                         const std::string& other) {
  if (one.empty() != other.empty()) {
    const auto [set, unset] =
        one.empty() ? std::pair{other_name, one_name} : std::pair{one_name, other_name};
    fields_.mistake(set, fmt::format("is set without {}, expected both or neither", unset));
  }
}

void SectionReader::unbuilt_text(std::string_view name) {
  const auto value = fields_.read_string(name);
  if (value && !value->empty()) {
    fields_.mistake(name, not_in_this_version("\"\""));
  }
}

void SectionReader::unbuilt_texts(std::string_view name) {
  const auto value = fields_.read_strings(name);
  if (value && !value->empty()) {
    fields_.mistake(name, not_in_this_version("[]"));
  }
}

void SectionReader::unbuilt_flag(std::string_view name) {
  if (fields_.read_bool(name).value_or(false)) {
    fields_.mistake(name, not_in_this_version("false"));
  }
}

}  // namespace leangate::settings
