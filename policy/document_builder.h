// Puts the events of a YAML or JSON parser together into DocumentNodes, under limits. The two
// parsers of document_tree know a syntax each; what a document may cost is decided here only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/document_tree.h"

namespace leangate::policy {

// YAML's anchors as the parser numbers them; 0 is none.
using AnchorId = std::size_t;

// What a plain (unquoted) scalar is: see DocumentNode::kind.
DocumentNode::Kind kind_of_plain_scalar(std::string_view text);

// Builds one document. After the first failure every further event is ignored; the parser is
// expected to look at failed() and to stop.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(const DocumentLimits& limits) : limits_{limits} {}

  void begin(DocumentNode::Kind collection, Mark mark, AnchorId anchor = 0);
  void end();
  void scalar(DocumentNode leaf, AnchorId anchor = 0);
  // YAML's "<<": the value that follows is merged into the mapping.
  void merge_key(Mark mark);
  void alias(Mark mark, AnchorId anchor);

  void fail(Mark mark, std::string message);
  bool failed() const { return failure_.has_value(); }
  bool expects_key() const;

  // The document, absent after a failure or when there was none. The builder is empty afterwards.
  std::optional<DocumentNode> take_document();
  // The failure, if any, after the duplicate keys; their `file` is empty.
  const std::vector<Mistake>& duplicates() const { return duplicates_; }
  const std::optional<Mistake>& failure() const { return failure_; }

 private:
  // What a finished node cost: itself and all below it.
  struct Cost {
    std::size_t nodes = 1;
    std::size_t bytes = 0;
    std::size_t depth = 0;

    void add_child(const Cost& child);
  };
  struct Frame {
    DocumentNode node;
    AnchorId anchor = 0;
    Cost cost;
    std::string key;  // of the member whose value comes next
    Mark key_mark;
    bool has_key = false;
    bool is_merge = false;
    std::unordered_set<std::string> keys;
    std::vector<DocumentNode> merged;
  };
  struct Anchored {
    DocumentNode node;
    Cost cost;
  };

  void finish_node(DocumentNode node, const Cost& cost, AnchorId anchor);
  void place(DocumentNode node, const Cost& cost);
  void add_key(const DocumentNode& key);
  void add_member(Frame& frame, DocumentNode value);
  void keep_merged(Frame& frame, DocumentNode value);
  void apply_merged(Frame& frame);
  bool spend(Mark mark, std::size_t nodes, std::size_t copied_bytes);
  std::string path() const;

  const DocumentLimits& limits_;
  std::vector<Frame> open_;
  std::unordered_map<AnchorId, Anchored> anchors_;
  std::optional<DocumentNode> document_;
  std::vector<Mistake> duplicates_;
  std::optional<Mistake> failure_;
  std::size_t nodes_ = 0;
  std::size_t copied_bytes_ = 0;
};

// "spec" and "rules" -> "spec.rules"; a key that isn't a plain word stands in brackets, as
// Kubernetes writes it: "matchLabels[example.com/team]".
std::string field_path(std::string_view parent, std::string_view key);
// "spec.rules" and 2 -> "spec.rules[2]".
std::string field_path(std::string_view parent, std::size_t index);

}  // namespace leangate::policy
