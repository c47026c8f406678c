// leangate inspect: the facts about one image.
#include <cstdio>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "policy/image_reference.h"
#include "webhook/cli/commands.h"
#include "webhook/cli/configuration.h"
#include "webhook/cli/engine.h"
#include "webhook/cli/inspect_report.h"
#include "webhook/cli/mistakes.h"
#include "webhook/cli/progress.h"

namespace leangate::cli {
namespace {

int run(const InspectOptions& options,
        const settings::Settings& settings,
        const inspection::InspectionRequest& request) {
  // inspect judges nothing; the bases it can prove are those that the configuration names.
  auto engine = Engine::start(settings, std::make_shared<const policy::PolicySet>());
  if (!engine) {
    print_mistakes(engine.error());
    return kExitUsage;
  }
  inspection::Inspection inspection;
  {
    Progress progress{1};
    progress.begin(options.image);
    static_cast<void>((*engine)->refresh_bases(deadline_in(settings.lookups.timeout)));
    inspection = (*engine)
                     ->inspector()
                     .inspect_all({request}, deadline_in(settings.lookups.timeout))
                     .front();
  }
  if (inspection->failure) {
    fmt::print(stderr, "leangate: {}: {}\n", options.image, inspection->failure->detail);
    return kExitUnjudged;
  }
  const auto bases = (*engine)->bases().snapshot();
  const InspectReport report{request.reference, *inspection, *bases};
  fmt::print("{}", options.lookup.json ? to_json(report) : to_table(report));
  return kExitOk;
}

}  // namespace

int inspect(const InspectOptions& options) {
  auto configured = configure_lookups(options.common, options.lookup);
  if (!configured) {
    print_mistakes(configured.error());
    return kExitUsage;
  }
  auto reference =
      policy::parse_image_reference(options.image, configured->settings.unqualified_host);
  if (!reference) {
    fmt::print(stderr, "leangate: {}: {}\n", options.image, reference.error());
    return kExitUsage;
  }
  inspection::InspectionRequest request;
  request.reference = std::move(reference).value();
  request.platforms = std::move(configured->platforms);
  request.host_is_users_word = true;
  return run(options, configured->settings, request);
}

}  // namespace leangate::cli
