// Everything between a command and the network, wired from the settings: the same parts for serve,
// check and inspect.
#pragma once

#include <memory>
#include <vector>

#include "policy/image_reference.h"
#include "policy/result.h"
#include "webhook/admission/cluster_facts.h"
#include "webhook/admission/reviewer.h"
#include "webhook/cli/configuration.h"
#include "webhook/inspection/base_catalogue.h"
#include "webhook/inspection/cache_store.h"
#include "webhook/inspection/caching_inspector.h"
#include "webhook/inspection/registry_inspector.h"
#include "webhook/observability/metrics.h"
#include "webhook/policies/policy_store.h"
#include "webhook/registry/credential_source.h"
#include "webhook/settings/settings.h"
#include "webhook/support/clock.h"
#include "webhook/transport/curl_transport.h"

namespace leangate::cli {

class Engine {
 public:
  // Reads where credentials come from and the hosts directory; the rest can't fail.
  static Result<std::unique_ptr<Engine>, Mistakes> start(const settings::Settings& settings,
                                                         const policies::Snapshot& policies);
  // Waits for the lookups under way, which it stops.
  ~Engine() { stop_lookups(); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  observability::Metrics& metrics() { return metrics_; }
  inspection::ImageInspector& inspector() { return caching_inspector_; }
  const inspection::BaseCatalogue& bases() const { return bases_; }

  // What a Reviewer is made of.
  admission::ReviewerParts reviewer_parts();

  // Looks up the base images that policies and configuration name; blocks until the deadline at
  // most.
  // True when all could be read.
  bool refresh_bases(Deadline deadline);
  // Ends the lookups under way, and at once every later one: who waits for an image is told that it
  // can't be read. For the end of the process; safe from any thread.
  void stop_lookups();

 private:
  Engine(const settings::Settings& settings,
         const transport::CurlTransportOptions& transport,
         const registry::RegistryOptions& registries,
         const policies::Snapshot& policies);

  // In the order of dependence: later members use earlier ones, and are destroyed before them.
  SystemClock clock_;
  observability::Metrics metrics_;
  admission::NoClusterFacts cluster_;
  std::shared_ptr<registry::CredentialSource> credentials_;
  policies::PolicyStore policies_;
  transport::CurlTransport transport_;
  inspection::RegistryInspector registry_inspector_;
  std::unique_ptr<inspection::CacheStore> store_;  // null without cache.directory
  inspection::CachingInspector caching_inspector_;
  inspection::BaseCatalogue bases_;
  std::vector<policy::ImageReference> base_references_;
};

}  // namespace leangate::cli
