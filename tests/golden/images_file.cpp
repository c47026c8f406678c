#include "tests/golden/images_file.h"

#include <stdexcept>

#include <nlohmann/json.hpp>

#include "policy/explain.h"
#include "policy/quantity.h"
#include "tests/fakes/fake_inspector.h"

namespace leangate::golden {

namespace {

using fakes::fake_digest;
using nlohmann::json;

constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

policy::LookupFailure read_failure(const json& failure) {
  using Kind = policy::LookupFailureKind;
  for (int i = 0; i <= static_cast<int>(Kind::Overloaded); ++i) {
    const auto kind = static_cast<Kind>(i);
    if (failure.at("kind") == policy::name_of(kind)) {
      return {kind, failure.at("detail"), failure.value("public", "could not be read")};
    }
  }
  throw std::runtime_error{"no such kind of failure: " + failure.at("kind").dump()};
}

std::string id_of(const json& layer, const std::string& image, std::size_t index) {
  return layer.value("id", image + "#" + std::to_string(index));
}

std::vector<policy::HistoryEntry> read_history(const json& entries) {
  std::vector<policy::HistoryEntry> history;
  for (const auto& entry : entries) {
    history.push_back({.created_by = entry.value("createdBy", ""),
                       .comment = entry.value("comment", ""),
                       .empty_layer = entry.value("emptyLayer", false)});
  }
  return history;
}

policy::ImageConfig read_config(const json& config, const json& layers, const std::string& image) {
  policy::ImageConfig result;
  result.user = config.value("user", "");
  result.env = config.value("env", std::vector<std::string>{});
  result.labels = config.value("labels", std::map<std::string, std::string>{});
  if (config.contains("created")) {
    result.created = policy::parse_instant(config["created"].get<std::string>()).value();
  }
  std::size_t index = 0;
  for (const auto& layer : layers) {
    result.diff_ids.push_back(fake_digest("diff " + id_of(layer, image, index++)));
  }
  result.history = read_history(config.contains("history") ? config["history"] : layers);
  return result;
}

policy::ImageFacts read_platform(const json& platform, const std::string& image) {
  policy::ImageFacts facts;
  const auto name = platform.value("platform", "");
  facts.manifest_digest = fake_digest(image + " " + name);
  if (!name.empty()) {
    facts.platform = policy::parse_platform(name).value();
  }
  std::size_t index = 0;
  for (const auto& layer : platform.at("layers")) {
    facts.layers.push_back(
        {.digest = fake_digest(id_of(layer, image, index++)),
         .media_type = layer.value("mediaType", kLayerType),
         .compressed_bytes = policy::parse_quantity(layer.at("size").get<std::string>()).value()});
  }
  facts.annotations = platform.value("annotations", std::map<std::string, std::string>{});
  if (platform.contains("config")) {
    facts.config = read_config(platform["config"], platform["layers"], image);
  }
  return facts;
}

}  // namespace

std::map<std::string, policy::ImageEvidence> read_images(const json& images) {
  std::map<std::string, policy::ImageEvidence> result;
  for (const auto& [name, image] : images.items()) {
    auto& evidence = result[name];
    if (image.contains("failure")) {
      evidence.failure = read_failure(image["failure"]);
      continue;
    }
    evidence.digest = fake_digest(name);
    if (image.contains("staleSince")) {
      evidence.stale_since = policy::parse_instant(image["staleSince"].get<std::string>()).value();
    }
    for (const auto& platform : image.at("platforms")) {
      evidence.platforms.push_back(read_platform(platform, name));
      evidence.offered.push_back(evidence.platforms.back().platform);
    }
  }
  return result;
}

policy::ReferenceData known_bases(const std::map<std::string, policy::ImageEvidence>& images,
                                  const json& names) {
  policy::ReferenceData data;
  for (const auto& name : names) {
    for (const auto& facts : images.at(name.get<std::string>()).platforms) {
      policy::KnownBase base{.name = name, .diff_ids = facts.config.value().diff_ids};
      for (const auto& layer : facts.layers) {
        base.layer_digests.push_back(layer.digest);
      }
      data.bases.push_back(std::move(base));
    }
  }
  return data;
}

}  // namespace leangate::golden
