#include "webhook/cli/inspect_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "policy/base_image.h"
#include "policy/build_history.h"
#include "policy/explain.h"
#include "policy/quantity.h"

namespace leangate::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownInstruction = 100;

std::string_view name_of(policy::HistoryTie tie) {
  switch (tie) {
    case policy::HistoryTie::Exact:
      return "exact";
    case policy::HistoryTie::Mismatch:
      return "mismatch";
    case policy::HistoryTie::Absent:
      return "absent";
  }
  return "";
}

Json base_json(const policy::BaseImage& base) {
  const bool known = base.method != policy::BaseMethod::Unknown;
  return Json{{"name", known ? Json(base.name) : Json{}},
              {"method", policy::name_of(base.method)},
              {"certainty", known ? Json(policy::name_of(base.certainty)) : Json{}}};
}

Json platform_json(const policy::ImageFacts& facts, const policy::ReferenceData& bases) {
  const policy::BuildHistory history = policy::read_build_history(facts);
  Json layers = Json::array();
  for (std::size_t i = 0; i < facts.layers.size(); ++i) {
    const policy::LayerFacts& layer = facts.layers[i];
    const auto instruction = history.instruction_of(i);
    layers.push_back(Json{{"index", i + 1},
                          {"digest", layer.digest},
                          {"mediaType", layer.media_type},
                          {"compressedBytes", layer.compressed_bytes},
                          {"instruction", instruction ? Json(instruction->text) : Json{}},
                          {"oneOfSeveral", instruction && instruction->one_of_several}});
  }
  return Json{{"platform", facts.platform.str()},
              {"digest", facts.manifest_digest},
              {"compressedBytes", facts.compressed_bytes()},
              {"base", base_json(policy::find_base(facts, bases))},
              {"user", facts.config ? Json(facts.config->user) : Json{}},
              {"history", name_of(history.tie)},
              {"layers", std::move(layers)}};
}

std::string base_line(const policy::BaseImage& base) {
  if (base.method == policy::BaseMethod::Unknown) {
    return "unknown";
  }
  return fmt::format("{} ({} by {})",
                     base.name,
                     policy::name_of(base.certainty),
                     base.method == policy::BaseMethod::Layers ? "its layers" : "an annotation");
}

std::string instruction_cell(const std::optional<policy::LayerInstruction>& instruction) {
  if (!instruction) {
    return "-";
  }
  const std::string text = policy::one_line(instruction->text, kShownInstruction);
  return instruction->one_of_several ? "one of several: " + text : text;
}

std::string platform_table(const policy::ImageFacts& facts, const policy::ReferenceData& bases) {
  const policy::BuildHistory history = policy::read_build_history(facts);
  std::string text = fmt::format("\nPlatform:  {}\nManifest:  {}\nSize:      {} in {} layers\n",
                                 facts.platform.str(),
                                 facts.manifest_digest,
                                 policy::describe_bytes(facts.compressed_bytes()),
                                 facts.layers.size());
  text += fmt::format("Base:      {}\n", base_line(policy::find_base(facts, bases)));
  if (history.tie == policy::HistoryTie::Mismatch) {
    text += "History:   does not fit the layers, so no instruction can be named\n";
  }
  text += fmt::format("{:>7}  {:>10}  {}\n", "LAYER", "COMPRESSED", "INSTRUCTION");
  for (std::size_t i = 0; i < facts.layers.size(); ++i) {
    text += fmt::format("{:>7}  {:>10}  {}\n",
                        i + 1,
                        policy::describe_bytes(facts.layers[i].compressed_bytes),
                        instruction_cell(history.instruction_of(i)));
  }
  return text;
}

}  // namespace

std::string to_json(const InspectReport& report) {
  Json offered = Json::array();
  for (const policy::Platform& platform : report.evidence.offered) {
    offered.push_back(platform.str());
  }
  Json platforms = Json::array();
  for (const policy::ImageFacts& facts : report.evidence.platforms) {
    platforms.push_back(platform_json(facts, report.bases));
  }
  Json notices = Json::array();
  for (const policy::RegistryNotice& notice : report.evidence.notices) {
    notices.push_back(Json{{"registry", notice.registry}, {"text", notice.text}});
  }
  const std::string& mirror = report.evidence.served_by;
  const Json document{{"apiVersion", "leangate.io/v1alpha1"},
                      {"kind", "InspectReport"},
                      {"image", report.reference.str()},
                      {"digest", report.evidence.digest},
                      {"servedBy", mirror.empty() ? Json{} : Json(mirror)},
                      {"notices", std::move(notices)},
                      {"offered", std::move(offered)},
                      {"platforms", std::move(platforms)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_table(const InspectReport& report) {
  std::string offered;
  for (const policy::Platform& platform : report.evidence.offered) {
    offered += (offered.empty() ? "" : ", ") + platform.str();
  }
  std::string text = fmt::format("Image:     {}\nDigest:    {}\nOffered:   {}\n",
                                 report.reference.str(),
                                 report.evidence.digest,
                                 offered);
  if (!report.evidence.served_by.empty()) {
    text += fmt::format("Served by: {}\n", report.evidence.served_by);
  }
  for (const policy::RegistryNotice& notice : report.evidence.notices) {
    text += fmt::format("Notice:    {}\n", notice.str());
  }
  for (const policy::ImageFacts& facts : report.evidence.platforms) {
    text += platform_table(facts, report.bases);
  }
  return text;
}

}  // namespace leangate::cli
