#include "webhook/registry/manifest.h"

#include <algorithm>
#include <array>
#include <limits>

#include "policy/image_reference.h"
#include "webhook/registry/digest.h"
#include "webhook/registry/json_tree.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/platform.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using Kind = JsonValue::Kind;
using policy::LookupFailureKind;

enum class DocumentType { Manifest, Index, Schema1, Unknown };

DocumentType type_of(std::string_view media_type) {
  struct Row {
    std::string_view media_type;
    DocumentType type;
  };
  static constexpr std::array<Row, 6> kRows{{
      {"application/vnd.oci.image.manifest.v1+json", DocumentType::Manifest},
      {"application/vnd.docker.distribution.manifest.v2+json", DocumentType::Manifest},
      {"application/vnd.oci.image.index.v1+json", DocumentType::Index},
      {"application/vnd.docker.distribution.manifest.list.v2+json", DocumentType::Index},
      {"application/vnd.docker.distribution.manifest.v1+json", DocumentType::Schema1},
      {"application/vnd.docker.distribution.manifest.v1+prettyjws", DocumentType::Schema1},
  }};
  const auto row = std::find_if(
      kRows.begin(), kRows.end(), [&](const Row& each) { return each.media_type == media_type; });
  return row != kRows.end() ? row->type : DocumentType::Unknown;
}

bool is_image_config(std::string_view media_type) {
  return media_type == "application/vnd.oci.image.config.v1+json" ||
         media_type == "application/vnd.docker.container.image.v1+json";
}

RegistryError unreadable(const std::string& what) {
  return {LookupFailureKind::Unreadable, "the manifest is not usable: " + what};
}

// The embedded content (descriptor.md, "data"), if there is any.
void read_data(const JsonValue& value, Descriptor& descriptor, Problem& problem) {
  const std::string data = find_text(value, "data", problem);
  if (data.empty()) {
    return;
  }
  std::optional<std::string> bytes = decode_base64(data);
  if (!bytes || bytes->size() != descriptor.size || !has_digest(*bytes, descriptor.digest)) {
    problem.add("embedded data that differs from its digest");
    return;
  }
  descriptor.data = std::move(*bytes);
}

Descriptor read_descriptor(const JsonValue& value, Problem& problem) {
  Descriptor descriptor;
  if (!value.is_object()) {
    problem.add("a descriptor is no object");
    return descriptor;
  }
  descriptor.media_type = printable(lower_case(find_text(value, "mediaType", problem)));
  descriptor.digest = find_text(value, "digest", problem);
  if (!policy::is_digest(descriptor.digest)) {
    problem.add("a descriptor without a valid digest");
  }
  const JsonValue* size = find_kind(value, "size", Kind::Integer, problem);
  // Nodes refuse blobs whose size isn't the one that stands here, and size 0: it can be believed.
  if (size == nullptr || size->integer == 0) {
    problem.add("a size that is no positive whole number");
    return descriptor;
  }
  descriptor.size = size->integer;
  read_data(value, descriptor, problem);
  return descriptor;
}

std::map<std::string, std::string> read_annotations(const JsonValue& document, Problem& problem) {
  std::map<std::string, std::string> annotations;
  const JsonValue* object = find_kind(document, "annotations", Kind::Object, problem);
  if (object == nullptr) {
    return annotations;
  }
  if (object->members.size() > kMaxMapEntries) {
    problem.add("too many annotations");
    return annotations;
  }
  for (const JsonValue::Member& member : object->members) {
    if (member.value.kind != Kind::String || member.key.size() > kMaxTextBytes) {
      problem.add("an annotation that is no text, or too long");
      return annotations;
    }
    annotations[member.key] = cut(member.value.text, kMaxTextBytes);
  }
  return annotations;
}

std::vector<policy::LayerFacts> read_layers(const JsonValue& document, Problem& problem) {
  std::vector<policy::LayerFacts> layers;
  const JsonValue* array = find_kind(document, "layers", Kind::Array, problem);
  if (array == nullptr) {
    return layers;  // an artifact may have none
  }
  if (array->items.size() > kMaxLayers) {
    problem.add("more than " + std::to_string(kMaxLayers) + " layers");
    return layers;
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::uint64_t sum = 0;
  layers.reserve(array->items.size());
  for (const JsonValue& item : array->items) {
    Descriptor layer = read_descriptor(item, problem);
    if (problem || layer.size > kMost - sum) {
      problem.add("sizes whose sum overflows");
      return layers;
    }
    sum += layer.size;
    // `urls` of foreign layers are never fetched: only the size counts.
    layers.push_back({std::move(layer.digest), std::move(layer.media_type), layer.size});
  }
  return layers;
}

Result<ManifestDocument, RegistryError> read_image_manifest(const JsonValue& document) {
  Problem problem;
  Manifest manifest;
  if (find(document, "manifests", problem) != nullptr) {
    problem.add("a manifest that is an index as well");
  }
  const JsonValue* config = find(document, "config", problem);
  if (config == nullptr) {
    problem.add("no config");
  } else {
    manifest.config = read_descriptor(*config, problem);
  }
  manifest.is_image = is_image_config(manifest.config.media_type);
  manifest.layers = read_layers(document, problem);
  manifest.annotations = read_annotations(document, problem);
  if (problem) {
    return Failure{unreadable(problem.text())};
  }
  return ManifestDocument{std::move(manifest)};
}

std::optional<policy::Platform> read_platform(const JsonValue& entry, Problem& problem) {
  const JsonValue* platform = find_kind(entry, "platform", Kind::Object, problem);
  if (platform == nullptr) {
    return std::nullopt;
  }
  policy::Platform result{printable(find_text(*platform, "os", problem)),
                          printable(find_text(*platform, "architecture", problem)),
                          printable(find_text(*platform, "variant", problem))};
  if (result.os.empty() && result.architecture.empty()) {
    return std::nullopt;
  }
  return normalised(std::move(result));
}

// An attestation is told by its platform, not by its annotations: a runtime goes by the platform,
// so that a real image that calls itself an attestation still counts.
bool is_no_platform(const std::optional<policy::Platform>& platform) {
  return platform && platform->os == "unknown" && platform->architecture == "unknown";
}

Result<ManifestDocument, RegistryError> read_index(const JsonValue& document) {
  Problem problem;
  if (find(document, "config", problem) != nullptr ||
      find(document, "layers", problem) != nullptr) {
    problem.add("an index that is a manifest as well");
  }
  const JsonValue* array = find_kind(document, "manifests", Kind::Array, problem);
  Index index;
  if (array != nullptr && array->items.size() > kMaxIndexEntries) {
    problem.add("an index of more than " + std::to_string(kMaxIndexEntries) + " entries");
  }
  if (problem) {
    return Failure{unreadable(problem.text())};
  }
  for (const JsonValue& item : array != nullptr ? array->items : std::vector<JsonValue>{}) {
    IndexEntry entry;
    entry.descriptor = read_descriptor(item, problem);
    entry.platform = read_platform(item, problem);
    if (problem) {
      return Failure{unreadable(problem.text())};
    }
    const DocumentType type = type_of(entry.descriptor.media_type);
    entry.is_index = type == DocumentType::Index;
    // image-index.md: unknown media types must be ignored.
    if (type != DocumentType::Unknown && !is_no_platform(entry.platform)) {
      index.entries.push_back(std::move(entry));
    }
  }
  return ManifestDocument{std::move(index)};
}

// What the body itself looks like, for registries that answer with a generic Content-Type.
DocumentType guess(const JsonValue& document, Problem& problem) {
  if (find(document, "fsLayers", problem) != nullptr) {
    return DocumentType::Schema1;
  }
  if (find(document, "manifests", problem) != nullptr) {
    return DocumentType::Index;
  }
  return find(document, "config", problem) != nullptr ? DocumentType::Manifest
                                                      : DocumentType::Unknown;
}

// Descriptor before body before header (image-spec descriptor.md); the first two must agree.
Result<DocumentType, RegistryError> choose_type(const JsonValue& document,
                                                std::string_view described_type,
                                                std::string_view content_type) {
  Problem problem;
  const std::string body_type = lower_case(find_text(document, "mediaType", problem));
  if (!described_type.empty() && !body_type.empty() && described_type != body_type) {
    problem.add("its media type differs from its descriptor's");
  }
  const std::string header_type = media_type_of(content_type);
  DocumentType type = DocumentType::Unknown;
  for (const std::string_view candidate :
       {described_type, std::string_view{body_type}, std::string_view{header_type}}) {
    type = type_of(candidate);
    if (type != DocumentType::Unknown || (!candidate.empty() && candidate != header_type)) {
      break;
    }
  }
  if (type == DocumentType::Unknown && body_type.empty()) {
    type = guess(document, problem);
  }
  const JsonValue* version = find(document, "schemaVersion", problem);
  if (version != nullptr && version->kind == Kind::Integer && version->integer == 1) {
    type = DocumentType::Schema1;
  }
  if (type != DocumentType::Schema1 && find(document, "fsLayers", problem) != nullptr) {
    problem.add("fsLayers in a manifest of schema 2");
  }
  if (problem) {
    return Failure{unreadable(problem.text())};
  }
  return type;
}

}  // namespace

Result<ManifestDocument, RegistryError> read_manifest(std::string_view body,
                                                      std::string_view described_type,
                                                      std::string_view content_type) {
  const Result<JsonValue, std::string> document = parse_json(body);
  if (!document || !document->is_object()) {
    const std::string what = document ? "no JSON object" : document.error();
    return Failure{unreadable(what + " (Content-Type " + printable(content_type) + ")")};
  }
  const Result<DocumentType, RegistryError> type =
      choose_type(*document, lower_case(described_type), content_type);
  if (!type) {
    return Failure{type.error()};
  }
  switch (*type) {
    case DocumentType::Manifest:
      return read_image_manifest(*document);
    case DocumentType::Index:
      return read_index(*document);
    case DocumentType::Schema1:
      return Failure{RegistryError{
          LookupFailureKind::Unsupported,
          "the image has a manifest of Docker schema 1, which container runtimes no longer pull; "
          "push it again with a current tool"}};
    case DocumentType::Unknown:
      break;
  }
  return Failure{RegistryError{
      LookupFailureKind::Unsupported,
      "neither an image manifest nor an index (Content-Type " + printable(content_type) + ")"}};
}

}  // namespace leangate::registry
