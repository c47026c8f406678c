// The two syntaxes behind read_documents. Each parser hides its library in one .cpp.
#pragma once

#include <optional>
#include <string_view>

#include "policy/document_builder.h"
#include "policy/document_tree.h"

namespace leangate::policy {

struct JsonReading {
  Documents reading;                    // the mistakes' `file` is empty
  std::optional<Mistake> syntax_error;  // not among the mistakes: the text may yet be YAML
};

// Both expect valid UTF-8 of at most limits.max_bytes without a byte order mark and without C0
// control characters but tab, LF and CR, and never throw.
JsonReading read_json_document(std::string_view text, const DocumentLimits& limits);
// Adds the documents of a part of a text. `first_line` is the 0-based line of the whole text in
// which the part begins.
void read_yaml_documents(std::string_view part, int first_line, TextReading& reading);

}  // namespace leangate::policy
