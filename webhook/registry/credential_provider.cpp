#include "webhook/registry/credential_provider.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "webhook/registry/credential_provider_response.h"
#include "webhook/registry/credentials.h"
#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

using inspection::Credential;

// The variables of `base` that `added` doesn't set, and `added`.
std::vector<std::string> merge_environment(const std::vector<std::string>& base,
                                           const std::vector<std::string>& added) {
  std::vector<std::string> merged;
  for (const std::string& variable : base) {
    const std::string name = variable.substr(0, variable.find('=') + 1);
    const bool is_replaced =
        std::any_of(added.begin(), added.end(), [&name](const std::string& other) {
          return other.compare(0, name.size(), name) == 0;
        });
    if (!is_replaced) {
      merged.push_back(variable);
    }
  }
  merged.insert(merged.end(), added.begin(), added.end());
  return merged;
}

}  // namespace

class CredentialProviders::Provider {
 public:
  Provider(const ProviderOptions& options,
           const std::string& directory,
           const std::vector<std::string>& environment,
           const Clock& clock)
      : options_{options},
        path_{directory + "/" + options.name},
        environment_{merge_environment(environment, options.environment)},
        program_{"credential provider " + options.name, clock} {}

  bool is_for(const policy::ImageReference& reference) const {
    return std::any_of(
        options_.match_images.begin(),
        options_.match_images.end(),
        [&reference](const std::string& pattern) { return key_matches(pattern, reference); });
  }

  // What it would have been asked for.
  std::string patterns_in_words() const {
    return program_.name() + " for " + keys_in_words(options_.match_images);
  }

  CredentialProgram& program() { return program_; }

  CredentialProgram::Ticket ask(const policy::ImageReference& reference) {
    // The kinds of key can't be mistaken for one another: no image and no host has a space.
    return program_.start({{"image " + reference.domain + "/" + reference.path,
                            "registry " + reference.domain,
                            "global "},
                           [this, reference](Deadline deadline, const Cancellation& cancellation) {
                             return run(reference, deadline, cancellation);
                           }});
  }

 private:
  ProgramAnswer run(const policy::ImageReference& reference,
                    Deadline deadline,
                    const Cancellation& cancellation) const {
    ProcessRequest request;
    request.program = path_;
    request.arguments = options_.arguments;
    request.environment = environment_;
    request.input = provider_request(options_.api_version, reference);
    request.max_output = kMaxProgramAnswerBytes;
    const ProcessOutcome outcome = run_process(request, deadline, cancellation);
    if (!outcome.succeeded()) {
      return {{}, outcome.in_words(), {}, {}};
    }
    auto response = read_provider_response(outcome.output, options_.api_version);
    if (!response) {
      return {{}, std::move(response).error(), {}, {}};
    }
    for (Credential& credential : response->credentials) {
      credential.source = program_.name();
    }
    return {std::move(response->credentials),
            {},
            key_for(response->cache_key, reference),
            response->cache_duration.value_or(options_.default_cache_duration)};
  }

  static std::string key_for(ProviderResponse::CacheKey key,
                             const policy::ImageReference& reference) {
    switch (key) {
      case ProviderResponse::CacheKey::Image:
        return "image " + reference.domain + "/" + reference.path;
      case ProviderResponse::CacheKey::Registry:
        return "registry " + reference.domain;
      case ProviderResponse::CacheKey::Global:
        break;
    }
    return "global ";
  }

  const ProviderOptions options_;
  const std::string path_;
  const std::vector<std::string> environment_;
  CredentialProgram program_;
};

CredentialProviders::CredentialProviders(const std::vector<ProviderOptions>& providers,
                                         const std::string& directory,
                                         const std::vector<std::string>& environment,
                                         const Clock& clock) {
  for (const ProviderOptions& options : providers) {
    providers_.push_back(std::make_unique<Provider>(options, directory, environment, clock));
  }
}

CredentialProviders::~CredentialProviders() = default;

FoundCredentials CredentialProviders::find(const policy::ImageReference& reference,
                                           Deadline deadline) {
  std::vector<CredentialProgram::Ticket> tickets;
  for (const auto& provider : providers_) {
    tickets.push_back(provider->is_for(reference) ? provider->ask(reference) : nullptr);
  }
  FoundCredentials found;
  for (std::size_t i = 0; i < providers_.size(); ++i) {
    if (tickets[i] == nullptr) {
      found.tried.push_back(providers_[i]->patterns_in_words());
    } else {
      found.append(await_program(providers_[i]->program(), tickets[i], reference, deadline));
    }
  }
  // One keyring of all their answers, as the kubelet makes it: the most specific key comes first.
  found.credentials = matching_credentials(found.credentials, reference);
  return found;
}

void CredentialProviders::stop() {
  for (const auto& provider : providers_) {
    provider->program().stop();
  }
}

}  // namespace leangate::registry
