// What the readers of the configuration's sections share: typed reads straight into a member of
// Settings, which keeps its default when the field is absent or wrong.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/duration.h"
#include "policy/field_reader.h"

namespace leangate::settings {

// How the text of one list entry is taken: the error says what is wrong with it.
using TakeText = std::function<Result<void, std::string>(const std::string& text)>;

// One mapping of the document and where its mistakes go.
class SectionReader {
 public:
  // Both must outlive the reader.
  SectionReader(policy::FieldReader& fields, policy::MistakeLog& log)
      : fields_{fields}, log_{log} {}

  policy::FieldReader& fields() { return fields_; }

  void mapping(std::string_view name, const std::function<void(SectionReader&)>& read);
  void mappings(std::string_view name,
                std::size_t max_items,
                const std::function<void(SectionReader&)>& read);

  void text(std::string_view name, std::string& target);
  void flag(std::string_view name, bool& target);
  void count(std::string_view name, std::size_t max, std::size_t& target);  // at least 1
  void bytes(std::string_view name, std::size_t& target);                   // at least 1
  void span(std::string_view name,
            policy::Duration min,
            policy::Duration max,
            std::chrono::milliseconds& target);

  // Texts that `take` has the last word on, each mistake at its own place.
  void text(std::string_view name, const TakeText& take);
  void texts(std::string_view name, const TakeText& take);

  // Two files that make sense together only.
  void pair(std::string_view one_name,
            const std::string& one,
            std::string_view other_name,
            const std::string& other);

  // Fields whose feature this version doesn't have: the documented default, which asks for
  // nothing, is accepted, and anything else refused by name.
  void unbuilt_text(std::string_view name);
  void unbuilt_texts(std::string_view name);
  void unbuilt_flag(std::string_view name);

 private:
  policy::FieldReader& fields_;
  policy::MistakeLog& log_;
};

}  // namespace leangate::settings
