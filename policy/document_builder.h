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

// One text while it is read: what came of it so far, and what that took of the limits. They hold
// for the whole text: as many documents as it likes would each have their own otherwise.
struct TextReading {
  explicit TextReading(const DocumentLimits& text_limits) : limits{text_limits} {}

  // Keeps the mistake, or only counts it when there are kMaxMistakes.
  void add_mistake(Mistake mistake);
  bool is_full() const { return result.mistakes.size() >= kMaxMistakes; }

  const DocumentLimits& limits;
  Documents result;
  std::size_t spent_documents = 0;
  std::size_t spent_nodes = 0;
  std::size_t copied_bytes = 0;
  bool is_exhausted = false;  // a limit was passed: nothing more may be read
};

// Builds one document of a text. After the first failure every further event is ignored; the parser
// is expected to look at failed() and to stop.
class DocumentBuilder {
 public:
  // `reading` must outlive the builder, which spends from it and adds duplicate keys to it.
  explicit DocumentBuilder(TextReading& reading) : reading_{reading} {}

  // The first event of a document.
  void start(Mark mark);
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
  // Not yet among the reading's mistakes; its `file` is empty.
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
  void exhaust(Mark mark, std::string message);
  std::string path() const;

  TextReading& reading_;
  std::vector<Frame> open_;
  std::unordered_map<AnchorId, Anchored> anchors_;
  std::optional<DocumentNode> document_;
  std::optional<Mistake> failure_;
};

// "spec" and "rules" -> "spec.rules"; a key that isn't a plain word stands in brackets, as
// Kubernetes writes it: "matchLabels[example.com/team]". A key that is hostile or long is shown as
// one_line does.
std::string field_path(std::string_view parent, std::string_view key);
// "spec.rules" and 2 -> "spec.rules[2]".
std::string field_path(std::string_view parent, std::size_t index);

}  // namespace leangate::policy
