#include "webhook/registry/docker_config.h"

#include <cstddef>
#include <optional>

#include "webhook/registry/json_tree.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using inspection::Credential;

// docker login keeps an identity token as the password of this user.
constexpr std::string_view kIdentityTokenUser = "<token>";

// base64 of "user:password"; docker pads the password with NULs that mean nothing.
bool read_auth(const std::string& auth, Credential& credential) {
  const std::optional<std::string> pair = decode_base64(trim(auth));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return false;
  }
  credential.username = pair->substr(0, colon);
  credential.password = pair->substr(colon + 1);
  credential.password.erase(credential.password.find_last_not_of('\0') + 1);
  return true;
}

std::optional<Credential> read_entry(const JsonValue::Member& entry) {
  Problem problem;
  Credential credential;
  credential.key = entry.key;
  credential.username = find_text(entry.value, "username", problem);
  credential.password = find_text(entry.value, "password", problem);
  credential.identity_token = find_text(entry.value, "identitytoken", problem);
  const std::string auth = find_text(entry.value, "auth", problem);
  if (problem || entry.key.empty() || (!auth.empty() && !read_auth(auth, credential))) {
    return std::nullopt;
  }
  if (credential.username == kIdentityTokenUser) {
    credential.identity_token = credential.password;
    credential.username.clear();
    credential.password.clear();
  }
  if (credential.username.empty() && credential.identity_token.empty()) {
    return std::nullopt;  // `docker logout` and credential helpers leave empty entries behind
  }
  return credential;
}

std::vector<Credential> read_entries(const JsonValue& entries) {
  std::vector<Credential> credentials;
  for (const JsonValue::Member& entry : entries.members) {
    if (std::optional<Credential> credential = read_entry(entry)) {
      credentials.push_back(std::move(*credential));
    }
  }
  return credentials;
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

}  // namespace

Result<std::vector<Credential>, std::string> read_docker_config(std::string_view json) {
  const Result<JsonValue, std::string> tree = parse_object(json);
  if (!tree) {
    return Failure{tree.error()};
  }
  Problem problem;
  const JsonValue* auths = find_kind(*tree, "auths", JsonValue::Kind::Object, problem);
  if (problem) {
    return Failure{"the docker config: " + problem.text()};
  }
  return auths != nullptr ? read_entries(*auths) : std::vector<Credential>{};
}

Result<std::vector<Credential>, std::string> read_dockercfg(std::string_view json) {
  const Result<JsonValue, std::string> tree = parse_object(json);
  if (!tree) {
    return Failure{tree.error()};
  }
  return read_entries(*tree);
}

}  // namespace leangate::registry
