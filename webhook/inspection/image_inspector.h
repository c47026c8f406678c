// How the rest of leangate asks what an image holds. Implementations decorate one another: the
// caching inspector wraps the registry inspector.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/evaluate.h"
#include "policy/image_facts.h"
#include "policy/image_reference.h"
#include "policy/result.h"
#include "policy/verdict.h"
#include "webhook/support/clock.h"

namespace leangate::inspection {

// How much of an image is read. Later levels include the earlier ones.
enum class EvidenceLevel { Manifest, Config };

// One user name and password for one registry or repository prefix, as a docker config holds them.
struct Credential {
  std::string key;  // "registry.example", "registry.example/team", "*.example"
  std::string username;
  std::string password;        // or empty, with
  std::string identity_token;  // an OAuth2 refresh token
  // Where it came from, for people: "pod secret regcred", "docker config /x/config.json". Tells
  // nothing apart.
  std::string source;
};

// Who asks: credentials that come with the workload. What one set may see, another may not.
struct CredentialSet {
  std::vector<Credential> credentials;
  // Tells sets apart in caches; equal for equal credentials. Empty for the anonymous set. Holds no
  // secret in clear.
  std::string fingerprint;
};

// Which of an index's platforms are wanted.
struct PlatformChoice {
  bool all = false;
  std::vector<policy::Platform> platforms;  // unless `all`; matched as containerd matches them
};

struct InspectionRequest {
  policy::ImageReference reference;
  PlatformChoice platforms;
  CredentialSet credentials;
  EvidenceLevel level = EvidenceLevel::Config;
  // The host was named by the user of the command itself: it may be private or loopback.
  bool host_is_users_word = false;
};

// Either facts, or ImageEvidence::failure is set.
using Inspection = std::shared_ptr<const policy::ImageEvidence>;

class ImageInspector {
 public:
  virtual ~ImageInspector() = default;

  // Answers all requests, in their order, at the latest when the deadline passes: a request that
  // isn't answered by then gets a failure of kind Timeout. Never throws, never returns null. Safe
  // from any thread.
  virtual std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>& requests,
                                              Deadline deadline) = 0;
};

// Asks what a reference names now without reading it: the cheapest question that a registry knows.
class TagResolver {
 public:
  virtual ~TagResolver() = default;

  // The digest that the request's tag names now; for a digest, itself, when it is there and may be
  // read with the request's credentials. Blocks until the deadline at most. Never throws. Safe from
  // any thread.
  virtual Result<std::string, policy::LookupFailure> resolve(const InspectionRequest& request,
                                                             Deadline deadline) = 0;
};

}  // namespace leangate::inspection
