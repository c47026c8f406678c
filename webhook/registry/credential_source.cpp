#include "webhook/registry/credential_source.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "webhook/registry/credentials.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using inspection::Credential;

// A message has room for a few; who wants all opens the file that it names.
constexpr std::size_t kMaxKeysNamed = 3;
constexpr std::size_t kMaxKeyLength = 64;
constexpr std::size_t kMaxTriedLength = 512;

struct Origin {
  std::string source;
  std::vector<std::string> keys;
};

}  // namespace

void FoundCredentials::append(FoundCredentials more) {
  std::move(more.credentials.begin(), more.credentials.end(), std::back_inserter(credentials));
  std::move(more.tried.begin(), more.tried.end(), std::back_inserter(tried));
  is_complete = is_complete && more.is_complete;
}

FixedCredentials::FixedCredentials(std::vector<Credential> credentials)
    : credentials_{std::move(credentials)}, tried_{sources_of(credentials_)} {}

FoundCredentials FixedCredentials::find(const policy::ImageReference& reference, Deadline) {
  return {matching_credentials(credentials_, reference), tried_};
}

std::shared_ptr<CredentialSource> fixed_credentials(std::vector<Credential> credentials) {
  return std::make_shared<FixedCredentials>(std::move(credentials));
}

CredentialChain::CredentialChain(std::vector<std::unique_ptr<CredentialSource>> sources,
                                 std::chrono::milliseconds patience)
    : sources_{std::move(sources)}, patience_{patience} {}

FoundCredentials CredentialChain::find(const policy::ImageReference& reference, Deadline deadline) {
  const Deadline end = std::min(deadline, deadline_in(patience_));
  FoundCredentials found;
  for (const auto& source : sources_) {
    found.append(source->find(reference, end));
  }
  return found;
}

void CredentialChain::stop() {
  for (const auto& source : sources_) {
    source->stop();
  }
}

std::vector<std::string> sources_of(const std::vector<Credential>& credentials) {
  std::vector<Origin> origins;
  for (const Credential& credential : credentials) {
    auto origin = std::find_if(origins.begin(), origins.end(), [&credential](const Origin& other) {
      return other.source == credential.source;
    });
    if (origin == origins.end()) {
      origin = origins.insert(origins.end(), Origin{credential.source, {}});
    }
    origin->keys.push_back(credential.key);
  }
  std::vector<std::string> sources;
  sources.reserve(origins.size());
  for (const Origin& origin : origins) {
    sources.push_back(printable(origin.source.empty() ? "credentials" : origin.source) + " for " +
                      keys_in_words(origin.keys));
  }
  return sources;
}

std::string keys_in_words(const std::vector<std::string>& keys) {
  std::string words;
  const std::size_t named = std::min(keys.size(), kMaxKeysNamed);
  for (std::size_t i = 0; i < named; ++i) {
    words += (i == 0 ? "" : ", ") + printable(keys[i].substr(0, kMaxKeyLength));
  }
  if (keys.size() > named) {
    words += " and " + std::to_string(keys.size() - named) + " more";
  }
  return words;
}

std::string tried_sources(const FoundCredentials& found) {
  if (found.tried.empty()) {
    return {};
  }
  std::string sources;
  for (const std::string& source : found.tried) {
    sources += (sources.empty() ? "" : "; ") + source;
  }
  if (sources.size() > kMaxTriedLength) {
    sources = cut(sources, kMaxTriedLength) + "...";
  }
  return " (tried: " + sources + ")";
}

}  // namespace leangate::registry
