#include "webhook/registry/client.h"

#include <utility>
#include <vector>

namespace leangate::registry {

RegistryClient::RegistryClient(transport::HttpTransport& transport,
                               RegistryOptions options,
                               observability::Metrics& metrics,
                               const Clock& clock)
    : credentials_{std::move(options.credentials)},
      hosts_{std::move(options.hosts), options.token_realms, std::move(options.mirrors)},
      exchanger_{transport, metrics, clock},
      tokens_{clock},
      challenges_{clock},
      heads_{clock},
      clock_{clock} {
  for (const std::string& host : hosts_.named_hosts()) {
    metrics.name_registry(host);
  }
}

Result<RepositoryReader, RegistryError> RegistryClient::open(const Lookup& lookup) {
  Result<std::vector<Endpoint>, RegistryError> endpoints =
      hosts_.endpoints_of(lookup.reference, lookup.host_is_users_word);
  if (!endpoints) {
    return Failure{endpoints.error()};
  }
  const ReaderServices services{{hosts_, exchanger_, tokens_, challenges_, clock_}, heads_};
  return RepositoryReader{services, lookup, credentials_.get(), std::move(*endpoints)};
}

}  // namespace leangate::registry
