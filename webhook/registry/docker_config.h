// Docker's config.json, the operator's own or a pull secret's -> credentials.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "webhook/inspection/image_inspector.h"

namespace leangate::registry {

// Which docker-credential-NAME has the credentials of a host.
struct HelperRule {
  std::string host;  // as the file has it: may have a scheme and a path
  std::string helper;
};

struct DockerConfig {
  std::vector<inspection::Credential> credentials;
  // credHelpers, and for each entry that `docker login` left without a login because credsStore has
  // it, that store. A store is asked for no other host: who names a host in a pod would have a
  // program run with it.
  std::vector<HelperRule> helpers;
  // Entries that make no sense, are left out, and why: sentences without any secret.
  std::vector<std::string> warnings;
};

// Reads {"auths": {key: {auth | username, password, identitytoken}}, "credHelpers": {host: name},
// "credsStore": name}; `auth` overrides the pair. The error is one sentence without any secret.
Result<DockerConfig, std::string> read_docker_config(std::string_view json);

// The data of a pull secret, of type kubernetes.io/dockerconfigjson or the older
// kubernetes.io/dockercfg, which is what stands under "auths" alone.
enum class PullSecretType { DockerConfigJson, Dockercfg };

// Takes what the kubelet takes of it: neither identity tokens nor helpers, which would have
// programs run at the word of whoever may write a secret.
Result<DockerConfig, std::string> read_pull_secret(PullSecretType type, std::string_view json);

}  // namespace leangate::registry
