#include "webhook/registry/image_config.h"

#include "policy/image_reference.h"
#include "webhook/registry/json_tree.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/platform.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using Kind = JsonValue::Kind;

// Arrays and objects of the config, each bounded.
const JsonValue* find_bounded(
    const JsonValue& object, std::string_view key, Kind kind, std::size_t limit, Problem& problem) {
  const JsonValue* value = find_kind(object, key, kind, problem);
  if (value != nullptr && value->items.size() + value->members.size() > limit) {
    problem.add("too many entries in \"" + std::string{key} + "\"");
    return nullptr;
  }
  return value;
}

std::string bounded_text(const JsonValue& object, std::string_view key, Problem& problem) {
  return cut(find_text(object, key, problem), kMaxTextBytes);
}

std::vector<std::string> read_texts(const JsonValue& object,
                                    std::string_view key,
                                    std::size_t limit,
                                    Problem& problem) {
  std::vector<std::string> texts;
  const JsonValue* array = find_bounded(object, key, Kind::Array, limit, problem);
  if (array == nullptr) {
    return texts;
  }
  for (const JsonValue& item : array->items) {
    if (item.kind != Kind::String) {
      problem.add("\"" + std::string{key} + "\" holds something else than text");
      return texts;
    }
    texts.push_back(cut(item.text, kMaxTextBytes));
  }
  return texts;
}

std::map<std::string, std::string> read_labels(const JsonValue& settings, Problem& problem) {
  std::map<std::string, std::string> labels;
  const JsonValue* object = find_bounded(settings, "Labels", Kind::Object, kMaxMapEntries, problem);
  if (object == nullptr) {
    return labels;
  }
  for (const JsonValue::Member& member : object->members) {
    if (member.value.kind != Kind::String) {
      problem.add("a label that is no text");
      return labels;
    }
    labels[cut(member.key, kMaxTextBytes)] = cut(member.value.text, kMaxTextBytes);
  }
  return labels;
}

std::vector<policy::HistoryEntry> read_history(const JsonValue& document, Problem& problem) {
  std::vector<policy::HistoryEntry> history;
  const JsonValue* array =
      find_bounded(document, "history", Kind::Array, kMaxHistoryEntries, problem);
  if (array == nullptr) {
    return history;
  }
  for (const JsonValue& item : array->items) {
    policy::HistoryEntry entry;
    entry.created_by = bounded_text(item, "created_by", problem);
    entry.comment = bounded_text(item, "comment", problem);
    const JsonValue* empty = find_kind(item, "empty_layer", Kind::Boolean, problem);
    entry.empty_layer = empty != nullptr && empty->integer == 1;
    history.push_back(std::move(entry));
  }
  return history;
}

std::vector<std::string> read_diff_ids(const JsonValue& document, Problem& problem) {
  const JsonValue* rootfs = find_kind(document, "rootfs", Kind::Object, problem);
  if (rootfs == nullptr) {
    return {};
  }
  std::vector<std::string> diff_ids = read_texts(*rootfs, "diff_ids", kMaxLayers, problem);
  for (const std::string& diff_id : diff_ids) {
    if (!policy::is_digest(diff_id)) {
      problem.add("a diff_id that is no digest");
    }
  }
  return diff_ids;
}

}  // namespace

Result<ImageConfigDocument, std::string> read_image_config(std::string_view body) {
  const Result<JsonValue, std::string> document = parse_json(body);
  if (!document || !document->is_object()) {
    return Failure{document ? std::string{"no JSON object"} : document.error()};
  }
  Problem problem;
  ImageConfigDocument result;
  policy::ImageConfig& config = result.config;
  if (const JsonValue* settings = find_kind(*document, "config", Kind::Object, problem)) {
    config.user = bounded_text(*settings, "User", problem);
    config.env = read_texts(*settings, "Env", kMaxMapEntries, problem);
    config.labels = read_labels(*settings, problem);
  }
  if (const auto created = policy::parse_instant(find_text(*document, "created", problem))) {
    config.created = *created;
  }
  config.diff_ids = read_diff_ids(*document, problem);
  config.history = read_history(*document, problem);
  result.platform = normalised({printable(find_text(*document, "os", problem)),
                                printable(find_text(*document, "architecture", problem)),
                                printable(find_text(*document, "variant", problem))});
  if (problem) {
    return Failure{problem.text()};
  }
  return result;
}

}  // namespace leangate::registry
