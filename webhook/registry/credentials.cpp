#include "webhook/registry/credentials.h"

#include <algorithm>
#include <string_view>

#include "webhook/registry/digest.h"
#include "webhook/registry/host_pattern.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using inspection::Credential;

struct Key {
  std::string host;
  std::string path;  // begins with '/', or empty

  std::string str() const { return host + path; }
};

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

Key read_key(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (begins_with(text, scheme)) {
      text.remove_prefix(scheme.size());
      break;
    }
  }
  const std::size_t slash = text.find('/');
  std::string_view path = slash == std::string_view::npos ? std::string_view{} : text.substr(slash);
  if (begins_with(path, "/v1/") || begins_with(path, "/v2/")) {
    path.remove_prefix(3);
  }
  return {lower_case(text.substr(0, slash)), path == "/" ? std::string{} : std::string{path}};
}

bool key_matches(const Key& key, const policy::ImageReference& reference) {
  return host_matches(key.host, reference.domain) && begins_with("/" + reference.path, key.path);
}

struct Candidate {
  std::string order;
  const Credential* credential;
};

}  // namespace

std::vector<Credential> matching_credentials(const std::vector<Credential>& credentials,
                                             const policy::ImageReference& reference) {
  std::vector<Candidate> matches;
  std::vector<Candidate> fallback;
  for (const Credential& credential : credentials) {
    const Key key = read_key(credential.key);
    if (key_matches(key, reference)) {
      matches.push_back({key.str(), &credential});
    } else if (reference.domain == "docker.io" && key.str() == "index.docker.io") {
      fallback.push_back({key.str(), &credential});
    }
  }
  std::vector<Candidate>& chosen = matches.empty() ? fallback : matches;
  // Reverse order of the text puts the longer path before its prefix, and names before '*'.
  std::stable_sort(chosen.begin(), chosen.end(), [](const Candidate& a, const Candidate& b) {
    return a.order > b.order;
  });
  std::vector<Credential> result;
  result.reserve(chosen.size());
  for (const Candidate& candidate : chosen) {
    result.push_back(*candidate.credential);
  }
  return result;
}

bool key_matches(const std::string& key, const policy::ImageReference& reference) {
  return key_matches(read_key(key), reference);
}

FoundCredentials credentials_to_try(const inspection::CredentialSet& workload,
                                    CredentialSource* operators,
                                    const policy::ImageReference& reference,
                                    Deadline deadline) {
  FoundCredentials found{matching_credentials(workload.credentials, reference),
                         sources_of(workload.credentials)};
  if (operators != nullptr) {
    found.append(operators->find(reference, deadline));
  }
  if (found.credentials.size() > kMaxCredentialsTried) {
    found.credentials.resize(kMaxCredentialsTried);
  }
  return found;
}

std::string fingerprint_of(const Credential& credential) {
  if (credential.username.empty() && credential.password.empty() &&
      credential.identity_token.empty()) {
    return {};
  }
  // Lengths keep ("a", "bc") apart from ("ab", "c").
  std::string text;
  for (const std::string* part :
       {&credential.username, &credential.password, &credential.identity_token}) {
    text += std::to_string(part->size()) + ":" + *part;
  }
  return sha256_digest(text);
}

}  // namespace leangate::registry
