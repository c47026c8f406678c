// leangate check: the webhook's verdict on a laptop and in CI.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <future>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "policy/image_reference.h"
#include "webhook/admission/reviewer.h"
#include "webhook/cli/check_report.h"
#include "webhook/cli/commands.h"
#include "webhook/cli/configuration.h"
#include "webhook/cli/engine.h"
#include "webhook/cli/files.h"
#include "webhook/cli/manifest_workloads.h"
#include "webhook/cli/mistakes.h"
#include "webhook/cli/progress.h"
#include "webhook/policies/policy_store.h"
#include "webhook/settings/values.h"
#include "webhook/support/executor.h"

namespace leangate::cli {
namespace {

constexpr std::size_t kMaxManifestBytes = 64u << 20;
// Workloads judged at one time; each may look up several images.
constexpr std::size_t kJudges = 8;

// A bare image is judged as the only container of a pod that nothing else is known of.
SourcedWorkload bare_image(const std::string& image, const std::string& namespace_name) {
  SourcedWorkload bare;
  bare.source = image;
  bare.workload.namespace_name = namespace_name;
  bare.workload.images.push_back({.image = image, .container = "", .field_path = ""});
  return bare;
}

Result<std::vector<SourcedWorkload>, Mistakes> collect_workloads(const CheckOptions& options) {
  std::vector<SourcedWorkload> workloads;
  for (const std::string& image : options.images) {
    workloads.push_back(bare_image(image, options.namespace_name));
  }
  Mistakes mistakes;
  for (const std::string& file : options.files) {
    const std::string name = file == "-" ? "stdin" : file;
    const auto text = read_file(file, kMaxManifestBytes);
    if (!text) {
      mistakes.push_back({.file = name, .mark = {}, .field = "", .message = text.error()});
      continue;
    }
    auto read = read_manifest(*text, name, options.namespace_name);
    if (!read) {
      mistakes.insert(mistakes.end(), read.error().begin(), read.error().end());
      continue;
    }
    std::move(read->begin(), read->end(), std::back_inserter(workloads));
  }
  if (!mistakes.empty()) {
    return Failure{std::move(mistakes)};
  }
  return workloads;
}

// The hosts that the user typed: these may be private. Those out of manifests may not.
std::set<std::string> user_hosts(const CheckOptions& options, const std::string& unqualified_host) {
  std::set<std::string> hosts;
  for (const std::string& host : options.lookup.plain_http) {
    if (auto parsed = settings::parse_host_pattern(host)) {
      hosts.insert(std::move(parsed).value());
    }
  }
  for (const std::string& image : options.images) {
    if (const auto reference = policy::parse_image_reference(image, unqualified_host)) {
      hosts.insert(reference->domain);
    }
  }
  return hosts;
}

admission::ReviewerOptions reviewer_options(const CheckOptions& options,
                                            const settings::Settings& settings,
                                            inspection::PlatformChoice platforms) {
  admission::ReviewerOptions reviewer;
  // The command says what enforcing would do; a cluster's dry run is no reason to keep quiet.
  reviewer.enforcement = policy::Enforcement::Enforce;
  // What can't be looked up is an error of the command, whatever the policy would make of it.
  reviewer.failure_policy = policy::FailurePolicy::Ignore;
  reviewer.platforms = std::move(platforms.platforms);
  reviewer.all_platforms = platforms.all;
  reviewer.exception_namespaces = settings.exception_namespaces;
  reviewer.unqualified_host = settings.unqualified_host;
  reviewer.user_hosts = user_hosts(options, settings.unqualified_host);
  return reviewer;
}

// One result for each image of the workload, in its order; what no policy covers is allowed.
std::vector<CheckResult> make_results(const SourcedWorkload& sourced, policy::Verdict verdict) {
  std::vector<CheckResult> results;
  for (const policy::WorkloadImage& image : sourced.workload.images) {
    const std::string source =
        image.field_path.empty() ? sourced.source : sourced.source + " " + image.field_path;
    const auto judged = std::find_if(
        verdict.images.begin(), verdict.images.end(), [&](const policy::ImageVerdict& candidate) {
          return candidate.image.field_path == image.field_path;
        });
    if (judged != verdict.images.end()) {
      results.push_back(make_result(source, std::move(*judged)));
      continue;
    }
    policy::ImageVerdict uncovered;
    uncovered.image = image;
    uncovered.reference = image.image;
    results.push_back(make_result(source, std::move(uncovered)));
  }
  return results;
}

std::vector<CheckResult> judge_all(const std::vector<SourcedWorkload>& workloads,
                                   const admission::Reviewer& reviewer,
                                   std::chrono::milliseconds timeout) {
  Progress progress{workloads.size()};
  std::vector<std::promise<policy::Verdict>> verdicts(workloads.size());
  Executor judges{"judge", std::min(kJudges, workloads.size()), workloads.size()};
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const bool queued = judges.submit([&, i] {
      const SourcedWorkload& sourced = workloads[i];
      progress.begin(sourced.source);
      try {
        verdicts[i].set_value(reviewer.judge(sourced.workload, deadline_in(timeout)));
      } catch (...) {
        verdicts[i].set_exception(std::current_exception());
      }
      progress.finish(sourced.source);
    });
    if (!queued) {
      verdicts[i].set_value({});  // can't be: the queue holds them all
    }
  }
  std::vector<CheckResult> results;
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    std::vector<CheckResult> more = make_results(workloads[i], verdicts[i].get_future().get());
    std::move(more.begin(), more.end(), std::back_inserter(results));
  }
  return results;
}

int run(const CheckOptions& options,
        const settings::Settings& settings,
        inspection::PlatformChoice platforms,
        const std::vector<SourcedWorkload>& workloads) {
  auto policies =
      policies::load_policies(options.policies.empty() ? settings.policies : options.policies);
  if (!policies) {
    print_mistakes(policies.error());
    return kExitUsage;
  }
  auto engine = Engine::start(settings, *policies);
  if (!engine) {
    print_mistakes(engine.error());
    return kExitUsage;
  }
  const admission::Reviewer reviewer{(*engine)->reviewer_parts(),
                                     reviewer_options(options, settings, std::move(platforms))};
  // What can't be read is logged; the rules that need it say that they can't judge.
  static_cast<void>((*engine)->refresh_bases(deadline_in(settings.lookups.timeout)));

  const auto results = judge_all(workloads, reviewer, settings.lookups.timeout);
  const std::string report =
      options.lookup.json ? to_json(results) : to_table(results, wants_colour(STDOUT_FILENO));
  fmt::print("{}", report);
  return exit_status(summarise(results), options.fail_on_warn);
}

}  // namespace

int check(const CheckOptions& options) {
  auto configured = configure_lookups(options.common, options.lookup);
  if (!configured) {
    print_mistakes(configured.error());
    return kExitUsage;
  }
  const auto workloads = collect_workloads(options);
  if (!workloads) {
    print_mistakes(workloads.error());
    return kExitUsage;
  }
  if (workloads->empty()) {
    fmt::print(stderr, "leangate: the manifests hold no workload, so there is nothing to judge\n");
  }
  return run(options, configured->settings, std::move(configured->platforms), *workloads);
}

}  // namespace leangate::cli
