// Which credentials are tried for an image: the kubelet's choice (kubernetes
// pkg/credentialprovider/keyring.go), because another choice is another verdict than the node's.
#pragma once

#include <string>
#include <vector>

#include "policy/image_reference.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/registry/credential_source.h"
#include "webhook/support/clock.h"

namespace leangate::registry {

// Those that match, most specific first: scheme and a leading /v1/ or /v2/ of the key don't count,
// ports are equal, labels match one by one, and the key's path is a prefix of the image's as text
// ("host/pong" matches "host/pongz": the kubelet does it, too). For docker.io without any match,
// those of index.docker.io.
std::vector<inspection::Credential> matching_credentials(
    const std::vector<inspection::Credential>& credentials,
    const policy::ImageReference& reference);

// Whether a credential of this key is for the image, or a pattern of the same language names it.
bool key_matches(const std::string& key, const policy::ImageReference& reference);

// What is tried for one image, in order: the workload's matches, then the operator's (null for
// none), at most kMaxCredentialsTried. Blocks as long as the operator's source does.
FoundCredentials credentials_to_try(const inspection::CredentialSet& workload,
                                    CredentialSource* operators,
                                    const policy::ImageReference& reference,
                                    Deadline deadline);

// Tells credentials apart without holding them: a hash. Empty for the anonymous one.
std::string fingerprint_of(const inspection::Credential& credential);

}  // namespace leangate::registry
