// YAML and JSON text as a tree that remembers where each thing stood, so that every mistake can be
// reported with file, line and column. Policies, the configuration file and Kubernetes manifests
// are all read through it.
//
// The text is hostile input: its size, depth, node count and the growth of YAML aliases are
// bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leangate::policy {

// 1-based; 0 means "not known".
struct Mark {
  int line = 0;
  int column = 0;
};

// One thing wrong in a document.
struct Mistake {
  std::string file;
  Mark mark;
  std::string field;    // "spec.rules[0].size.maxCompressed"; empty for a syntax error
  std::string message;  // what is wrong, what is expected

  // "file:line:column: field: message", without the parts that are not known. One line that is safe
  // for terminals and logs whatever the document's keys are, see one_line; what is long is cut.
  std::string str() const;
};

struct DocumentNode {
  enum class Kind { Null, Boolean, Integer, Float, String, Sequence, Mapping };
  struct Member;

  Kind kind = Kind::Null;
  Mark mark;
  // The scalar's text; "true" or "false" for a Boolean. Kinds follow YAML 1.2's core schema as
  // Kubernetes' reader and JSON agree on it, but for this: what only YAML 1.1 calls a number or a
  // boolean ("040", "1_000", "yes") keeps kind String, so that a typed read refuses it.
  std::string text;
  std::vector<DocumentNode> items;  // of a Sequence
  std::vector<Member> members;      // of a Mapping, in the order of the text

  // The value of a mapping's member, nullptr when it isn't there or this is no mapping.
  const DocumentNode* find(std::string_view key) const;
};

struct DocumentNode::Member {
  std::string key;
  Mark key_mark;
  DocumentNode value;
};

// Of one text, whatever the number of documents in it.
struct DocumentLimits {
  std::size_t max_bytes = 8u << 20;
  std::size_t max_nodes = 500'000;  // after aliases are expanded
  std::size_t max_depth = 64;
  std::size_t max_documents = 10'000;
};

// Nobody mends more mistakes of a file at once; those beyond are only counted.
inline constexpr std::size_t kMaxMistakes = 100;

struct Documents {
  std::vector<DocumentNode> documents;  // those that could be read; empty ones are left out
  std::vector<Mistake> mistakes;        // each document's first syntax error, duplicate keys
  std::size_t more_mistakes = 0;        // beyond the first kMaxMistakes
};

// Reads all documents of a text. A text with control characters other than tab and line ends is
// refused. It is JSON when its first visible character is '{' or '[' and it
// parses as such, else YAML. `file` is only repeated in the mistakes. Never throws.
Documents read_documents(std::string_view text,
                         const std::string& file,
                         const DocumentLimits& limits = {});

}  // namespace leangate::policy
