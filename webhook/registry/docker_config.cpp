#include "webhook/registry/docker_config.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "webhook/registry/json_tree.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using inspection::Credential;

// docker login keeps an identity token as the password of this user.
constexpr std::string_view kIdentityTokenUser = "<token>";
constexpr std::size_t kMaxWarnings = 16;
// Each helper has threads of its own.
constexpr std::size_t kMaxHelpers = 16;

enum class Owner { Operator, Workload };

void warn(DockerConfig& config, const std::string& entry, const std::string& what) {
  if (config.warnings.size() < kMaxWarnings) {
    config.warnings.push_back("the entry \"" + printable(entry) + "\" is left out: " + what);
  }
}

// base64 of "user:password"; docker pads the password with NULs that mean nothing.
bool read_auth(const std::string& auth, Credential& credential) {
  const std::optional<std::string> pair = decode_base64_as_go(trim(auth));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return false;
  }
  credential.username = pair->substr(0, colon);
  credential.password = pair->substr(colon + 1);
  credential.password.erase(credential.password.find_last_not_of('\0') + 1);
  return true;
}

void read_identity_token(const JsonValue& entry, Credential& credential, Problem& problem) {
  credential.identity_token = find_text(entry, "identitytoken", problem);
  if (credential.username == kIdentityTokenUser) {
    credential.identity_token = credential.password;
    credential.username.clear();
    credential.password.clear();
  }
}

// A credential without anything where the entry has no login; nothing where it makes no sense.
std::optional<Credential> read_entry(const JsonValue::Member& entry,
                                     Owner owner,
                                     DockerConfig& config) {
  if (entry.key.empty() || !entry.value.is_object()) {
    warn(config, entry.key, entry.key.empty() ? "it names no host" : "it is no object");
    return std::nullopt;
  }
  Problem problem;
  Credential credential;
  credential.key = entry.key;
  credential.username = find_text(entry.value, "username", problem);
  credential.password = find_text(entry.value, "password", problem);
  const std::string auth = find_text(entry.value, "auth", problem);
  if (!auth.empty() && !read_auth(auth, credential)) {
    problem.add("\"auth\" is not base64 of a user name, ':' and a password");
  }
  if (owner == Owner::Operator) {
    read_identity_token(entry.value, credential, problem);
  }
  if (problem) {
    warn(config, entry.key, problem.text());
    return std::nullopt;
  }
  return credential;
}

// Returns the hosts without a login: `docker logout` and credential stores leave them behind.
std::vector<std::string> read_entries(const JsonValue& entries, Owner owner, DockerConfig& config) {
  std::vector<std::string> without_login;
  for (const JsonValue::Member& entry : entries.members) {
    std::optional<Credential> credential = read_entry(entry, owner, config);
    if (credential && credential->username.empty() && credential->identity_token.empty()) {
      without_login.push_back(entry.key);
    } else if (credential) {
      config.credentials.push_back(std::move(*credential));
    }
  }
  return without_login;
}

// The name becomes part of a program's: it can't be a path.
bool is_helper_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void add_helper(DockerConfig& config, const std::string& host, const std::string& helper) {
  const auto same_helper = [&helper](const HelperRule& rule) { return rule.helper == helper; };
  if (!is_helper_name(helper)) {
    warn(config, host, "its credential helper's name has more than a-z, 0-9 and '-', or is empty");
    return;
  }
  if (std::none_of(config.helpers.begin(), config.helpers.end(), same_helper)) {
    std::vector<std::string> names;
    for (const HelperRule& rule : config.helpers) {
      if (std::find(names.begin(), names.end(), rule.helper) == names.end()) {
        names.push_back(rule.helper);
      }
    }
    if (names.size() >= kMaxHelpers) {
      warn(config, host, "there are more than " + std::to_string(kMaxHelpers) + " helpers");
      return;
    }
  }
  config.helpers.push_back({host, helper});
}

void read_helpers(const JsonValue& root,
                  const std::vector<std::string>& without_login,
                  DockerConfig& config,
                  Problem& problem) {
  const JsonValue* helpers = find_kind(root, "credHelpers", JsonValue::Kind::Object, problem);
  if (helpers != nullptr) {
    for (const JsonValue::Member& entry : helpers->members) {
      add_helper(config, entry.key, entry.value.text);
    }
  }
  const std::string store = find_text(root, "credsStore", problem);
  if (store.empty()) {
    return;
  }
  for (const std::string& host : without_login) {
    add_helper(config, host, store);
  }
}

Result<JsonValue, std::string> parse_object(std::string_view json) {
  Result<JsonValue, std::string> tree = parse_json(json);
  if (!tree) {
    return Failure{"the docker config is " + tree.error()};
  }
  if (!tree->is_object()) {
    return Failure{std::string{"the docker config is no JSON object"}};
  }
  return tree;
}

Result<DockerConfig, std::string> read_config(std::string_view json, Owner owner) {
  const Result<JsonValue, std::string> tree = parse_object(json);
  if (!tree) {
    return Failure{tree.error()};
  }
  DockerConfig config;
  std::vector<std::string> without_login;
  Problem problem;
  if (const JsonValue* auths = find_kind(*tree, "auths", JsonValue::Kind::Object, problem)) {
    without_login = read_entries(*auths, owner, config);
  }
  if (owner == Owner::Operator) {
    read_helpers(*tree, without_login, config, problem);
  }
  if (problem) {
    return Failure{"the docker config: " + problem.text()};
  }
  return config;
}

}  // namespace

Result<DockerConfig, std::string> read_docker_config(std::string_view json) {
  return read_config(json, Owner::Operator);
}

Result<DockerConfig, std::string> read_pull_secret(PullSecretType type, std::string_view json) {
  if (type == PullSecretType::DockerConfigJson) {
    return read_config(json, Owner::Workload);
  }
  const Result<JsonValue, std::string> tree = parse_object(json);
  if (!tree) {
    return Failure{tree.error()};
  }
  DockerConfig config;
  read_entries(*tree, Owner::Workload, config);
  return config;
}

}  // namespace leangate::registry
