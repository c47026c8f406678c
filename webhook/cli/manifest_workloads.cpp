#include "webhook/cli/manifest_workloads.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "policy/document_tree.h"
#include "policy/field_reader.h"
#include "webhook/admission/workload_images.h"

namespace leangate::cli {
namespace {

using nlohmann::json;
using policy::DocumentNode;

// The tree's depth is bounded by its reader, hence so is this recursion. Numbers stay text: nothing
// that names an image is one.
json to_json(const DocumentNode& node) {
  switch (node.kind) {
    case DocumentNode::Kind::Null:
      return nullptr;
    case DocumentNode::Kind::Boolean:
      return node.text == "true";
    case DocumentNode::Kind::Integer:
    case DocumentNode::Kind::Float:
    case DocumentNode::Kind::String:
      return node.text;
    case DocumentNode::Kind::Sequence: {
      json items = json::array();
      for (const DocumentNode& item : node.items) {
        items.push_back(to_json(item));
      }
      return items;
    }
    case DocumentNode::Kind::Mapping: {
      json members = json::object();
      for (const DocumentNode::Member& member : node.members) {
        members[member.key] = to_json(member.value);
      }
      return members;
    }
  }
  return nullptr;
}

std::string text_at(const DocumentNode& node, std::string_view key) {
  const DocumentNode* value = node.find(key);
  return value != nullptr && value->kind == DocumentNode::Kind::String ? value->text : "";
}

class ManifestReader {
 public:
  // The log holds what reading the text has complained of.
  ManifestReader(policy::MistakeLog log, const std::string& namespace_name)
      : log_{std::move(log)}, namespace_name_{namespace_name} {}

  // Reads one object; a List is read item by item, but no List inside a List.
  void read(const DocumentNode& object, bool inside_list = false) {
    const std::string kind = text_at(object, "kind");
    const DocumentNode* items = object.find("items");
    if (kind == "List" && items != nullptr && !inside_list) {
      for (const DocumentNode& item : items->items) {
        read(item, true);
      }
      return;
    }
    if (const auto known = admission::workload_kind(kind)) {
      read_workload(object, kind, *known);
    }
  }

  Result<std::vector<SourcedWorkload>, Mistakes> finish() && {
    if (!log_.mistakes.empty()) {
      return Failure{log_.take()};
    }
    return std::move(workloads_);
  }

 private:
  void read_workload(const DocumentNode& object,
                     const std::string& kind_name,
                     policy::WorkloadKind kind) {
    auto workload = admission::read_workload(to_json(object), kind);
    if (!workload) {
      log_.add(object.mark, kind_name, workload.error());
      return;
    }
    static const DocumentNode kNone;
    const DocumentNode* metadata = object.find("metadata");
    const DocumentNode& named = metadata == nullptr ? kNone : *metadata;
    workload->name = text_at(named, "name");
    if (workload->name.empty()) {
      workload->name = text_at(named, "generateName");
    }
    workload->namespace_name = text_at(named, "namespace");
    if (workload->namespace_name.empty()) {
      workload->namespace_name = namespace_name_;
    }
    workloads_.push_back({fmt::format("{}: {}/{}", log_.file, kind_name, workload->name),
                          std::move(workload).value()});
  }

  policy::MistakeLog log_;
  const std::string& namespace_name_;
  std::vector<SourcedWorkload> workloads_;
};

}  // namespace

Result<std::vector<SourcedWorkload>, Mistakes> read_manifest(std::string_view text,
                                                             const std::string& file,
                                                             const std::string& namespace_name) {
  policy::Documents documents = policy::read_documents(text, file);
  ManifestReader reader{
      policy::MistakeLog{file, std::move(documents.mistakes), documents.more_mistakes},
      namespace_name};
  for (const DocumentNode& document : documents.documents) {
    reader.read(document);
  }
  return std::move(reader).finish();
}

}  // namespace leangate::cli
