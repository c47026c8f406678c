#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "policy/duration.h"
#include "policy/explain.h"
#include "webhook/cli/check_report.h"

namespace leangate::cli {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json{} : Json(text);
}

Json base_json(const policy::BaseImage& base) {
  if (base.method == policy::BaseMethod::Unknown) {
    return Json{{"name", nullptr}, {"method", "unknown"}, {"certainty", nullptr}};
  }
  return Json{{"name", base.name},
              {"method", policy::name_of(base.method)},
              {"certainty", policy::name_of(base.certainty)}};
}

Json layer_json(const std::optional<policy::CulpritLayer>& layer) {
  if (!layer) {
    return nullptr;
  }
  return Json{{"index", layer->index},
              {"of", layer->of},
              {"digest", layer->digest},
              {"compressedBytes", layer->compressed_bytes},
              {"instruction", text_or_null(layer->instruction)},
              {"oneOfSeveral", layer->one_of_several}};
}

Json finding_json(const policy::Finding& finding) {
  return Json{{"policy", finding.policy},
              {"rule", finding.rule},
              {"check", finding.check},
              {"action", policy::name_of(finding.action())},
              {"severity", policy::name_of(finding.severity)},
              {"evidence", policy::name_of(finding.evidence)},
              {"certainty", policy::name_of(finding.certainty)},
              {"observed", finding.observed},
              {"allowed", finding.allowed},
              {"layer", layer_json(finding.layer)},
              {"message", finding.message},
              {"remedy", finding.remedy}};
}

Json result_json(const CheckResult& result) {
  const policy::ImageVerdict& image = result.image;
  Json findings = Json::array();
  for (const policy::Finding& finding : image.findings) {
    findings.push_back(finding_json(finding));
  }
  Json skipped = Json::array();
  for (const policy::SkippedCheck& check : image.skipped) {
    skipped.push_back(
        Json{{"policy", check.policy}, {"rule", check.rule}, {"reason", check.reason}});
  }
  Json notices = Json::array();
  for (const policy::RegistryNotice& notice : image.notices) {
    notices.push_back(Json{{"registry", notice.registry}, {"text", notice.text}});
  }
  return Json{
      {"image", image.reference},
      {"digest", text_or_null(image.digest)},
      {"platform", image.platform ? Json(image.platform->str()) : Json{}},
      {"source", result.source},
      {"decision", policy::name_of(result.decision)},
      {"compressedBytes", image.platform ? Json(image.compressed_bytes) : Json{}},
      {"base", base_json(image.base)},
      {"findings", std::move(findings)},
      {"skipped", std::move(skipped)},
      {"notices", std::move(notices)},
      {"staleSince", image.stale_since ? Json(policy::format_instant(*image.stale_since)) : Json{}},
      {"error", image.failure ? Json(image.failure->detail) : Json{}}};
}

}  // namespace

std::string to_json(const std::vector<CheckResult>& results) {
  const CheckSummary summary = summarise(results);
  Json items = Json::array();
  for (const CheckResult& result : results) {
    items.push_back(result_json(result));
  }
  const Json report{{"apiVersion", "leangate.io/v1alpha1"},
                    {"kind", "CheckReport"},
                    {"summary",
                     {{"denied", summary.denied},
                      {"warned", summary.warned},
                      {"allowed", summary.allowed},
                      {"errors", summary.errors}}},
                    {"results", std::move(items)}};
  // What stands in an image's config may be no UTF-8: it is shown, not thrown about.
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace leangate::cli
