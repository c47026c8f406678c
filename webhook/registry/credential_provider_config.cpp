#include "webhook/registry/credential_provider_config.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "policy/field_reader.h"

namespace leangate::registry {
namespace {

using policy::DocumentNode;
using policy::FieldReader;
using policy::MistakeLog;

// Each has threads of its own; clouds have one program each, and a cluster is in few clouds.
constexpr std::size_t kMaxProviders = 16;
constexpr std::size_t kMaxTexts = 128;
constexpr std::size_t kMaxNameLength = 255;  // of a file, NAME_MAX

// Takes a text of a list, or says what is wrong with it.
using TakeText = std::function<std::string(const std::string& text)>;

// Lists here may hold a text twice, and be null, as they may for the kubelet: FieldReader's may
// not.
void read_texts(FieldReader& fields, std::string_view name, MistakeLog& log, const TakeText& take) {
  const DocumentNode* list = fields.take(name);
  if (list == nullptr || list->kind == DocumentNode::Kind::Null) {
    return;
  }
  if (list->kind != DocumentNode::Kind::Sequence || list->items.size() > kMaxTexts) {
    fields.mistake(
        name, "is not a list of at most " + std::to_string(kMaxTexts) + " strings, as expected");
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const DocumentNode& item = list->items[i];
    const std::string wrong = item.kind == DocumentNode::Kind::String
                                  ? take(item.text)
                                  : std::string{"is not a string, as expected"};
    if (!wrong.empty()) {
      log.add(item.mark, fields.path_of(name) + "[" + std::to_string(i) + "]", wrong);
    }
  }
}

bool is_program_name(const std::string& name) {
  const bool spelled_well = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  return spelled_well && !name.empty() && name != "." && name != "..";
}

void read_name(FieldReader& fields,
               const std::vector<ProviderOptions>& earlier,
               ProviderOptions& provider) {
  fields.require("name");
  const auto name = fields.read_string("name", kMaxNameLength);
  if (!name) {
    return;
  }
  if (!is_program_name(*name)) {
    fields.mistake("name",
                   policy::quoted(*name) +
                       " is not the name of a program in the provider directory, expected letters, "
                       "digits, '.', '_' and '-'");
  }
  const bool is_known =
      std::any_of(earlier.begin(), earlier.end(), [&name](const ProviderOptions& other) {
        return other.name == *name;
      });
  if (is_known) {
    fields.mistake("name", policy::quoted(*name) + " stands in the list already");
  }
  provider.name = *name;
}

std::string mistake_in_pattern(const std::string& pattern) {
  const std::string host = pattern.substr(0, pattern.find('/'));
  if (host.empty() || pattern.find("://") != std::string::npos) {
    return policy::quoted(pattern) +
           " is not a host[:port][/path] that may have globs in its host, as expected";
  }
  return {};
}

void read_match_images(FieldReader& fields, MistakeLog& log, ProviderOptions& provider) {
  fields.require("matchImages");
  read_texts(fields, "matchImages", log, [&provider](const std::string& pattern) {
    provider.match_images.push_back(pattern);
    return mistake_in_pattern(pattern);
  });
  const DocumentNode* list = fields.take("matchImages");
  if (list != nullptr && list->kind == DocumentNode::Kind::Sequence && list->items.empty()) {
    fields.mistake("matchImages", "is empty, expected at least one pattern");
  }
}

void read_environment(FieldReader& fields, ProviderOptions& provider) {
  if (const DocumentNode* list = fields.take("env");
      list == nullptr || list->kind == DocumentNode::Kind::Null) {
    return;
  }
  fields.read_mappings("env", kMaxTexts, [&provider](FieldReader& variable) {
    variable.require("name");
    const auto name = variable.read_string("name");
    const auto value = variable.read_string("value");
    if (name && (name->empty() || name->find('=') != std::string::npos)) {
      variable.mistake("name", policy::quoted(*name) + " is not the name of a variable");
    } else if (name) {
      provider.environment.push_back(*name + "=" + value.value_or(std::string{}));
    }
  });
}

void read_api_version(FieldReader& fields, ProviderOptions& provider) {
  static constexpr std::string_view kVersions[] = {"credentialprovider.kubelet.k8s.io/v1",
                                                   "credentialprovider.kubelet.k8s.io/v1beta1",
                                                   "credentialprovider.kubelet.k8s.io/v1alpha1"};
  fields.require("apiVersion");
  if (const auto choice =
          fields.read_choice("apiVersion", {kVersions[0], kVersions[1], kVersions[2]})) {
    provider.api_version = kVersions[*choice];
  }
}

void read_provider(FieldReader& fields, MistakeLog& log, std::vector<ProviderOptions>& providers) {
  ProviderOptions provider;
  read_name(fields, providers, provider);
  read_match_images(fields, log, provider);
  fields.require("defaultCacheDuration");
  provider.default_cache_duration =
      fields.read_duration("defaultCacheDuration").value_or(provider.default_cache_duration);
  read_api_version(fields, provider);
  read_texts(fields, "args", log, [&provider](const std::string& argument) {
    provider.arguments.push_back(argument);
    return std::string{};
  });
  read_environment(fields, provider);
  const DocumentNode* attributes = fields.take("tokenAttributes");
  if (attributes != nullptr && attributes->kind != DocumentNode::Kind::Null) {
    fields.mistake("tokenAttributes",
                   "is not in this version: leangate has no token of the pod's service account to "
                   "give; leave this provider out of the file that leangate reads");
  }
  providers.push_back(std::move(provider));
}

std::vector<ProviderOptions> read_root(const DocumentNode& document, MistakeLog& log) {
  std::vector<ProviderOptions> providers;
  FieldReader root{document, "", log};
  if (!root.is_mapping()) {
    return providers;
  }
  root.require("apiVersion");
  root.read_choice("apiVersion",
                   {"kubelet.config.k8s.io/v1",
                    "kubelet.config.k8s.io/v1beta1",
                    "kubelet.config.k8s.io/v1alpha1"});
  root.require("kind");
  root.read_choice("kind", {"CredentialProviderConfig"});
  root.require("providers");
  root.read_mappings("providers", kMaxProviders, [&](FieldReader& fields) {
    read_provider(fields, log, providers);
  });
  const DocumentNode* list = root.take("providers");
  if (list != nullptr && list->kind == DocumentNode::Kind::Sequence && list->items.empty()) {
    root.mistake("providers", "is empty, expected at least one provider");
  }
  root.finish();
  return providers;
}

}  // namespace

Result<std::vector<ProviderOptions>, std::vector<policy::Mistake>> read_provider_config(
    std::string_view text, const std::string& file) {
  policy::Documents documents = policy::read_documents(text, file);
  if (!documents.mistakes.empty()) {
    return Failure{std::move(documents.mistakes)};
  }
  MistakeLog log;
  log.file = file;
  if (documents.documents.size() != 1) {
    log.add({}, "", "is not one document of kind CredentialProviderConfig, as expected");
    return Failure{log.take()};
  }
  std::vector<ProviderOptions> providers = read_root(documents.documents.front(), log);
  if (std::vector<policy::Mistake> mistakes = log.take(); !mistakes.empty()) {
    return Failure{std::move(mistakes)};
  }
  return providers;
}

}  // namespace leangate::registry
