#include "webhook/registry/credential_helper.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "webhook/registry/json_tree.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using inspection::Credential;

// The helpers' own word for an identity token in place of a password.
constexpr std::string_view kIdentityTokenUser = "<token>";
// What every helper says for "none", on stdout, with exit status 1
// (docker-credential-helpers, credentials/error.go).
constexpr std::string_view kNotFound = "credentials not found in native keychain";
// Docker Hub's name in docker's files, and what its helper is asked for.
constexpr const char* kHub = "docker.io";
constexpr const char* kHubServer = "https://index.docker.io/v1/";
// A helper doesn't say how long its answer holds. Docker asks each time; a burst of pods need not.
constexpr std::chrono::minutes kAnswerLifetime{1};

// "https://index.docker.io/v1/" -> "docker.io", "registry.example:5000" as it is.
std::string host_of_key(std::string_view key) {
  if (const std::size_t scheme = key.find("://"); scheme != std::string_view::npos) {
    key.remove_prefix(scheme + 3);
  }
  const std::string host = lower_case(key.substr(0, key.find('/')));
  return host == "index.docker.io" ? kHub : host;
}

std::string program_in_path(const std::string& name, const std::vector<std::string>& environment) {
  constexpr std::string_view kPath = "PATH=";
  for (const std::string& variable : environment) {
    if (variable.compare(0, kPath.size(), kPath) != 0) {
      continue;
    }
    std::string_view folders{variable};
    folders.remove_prefix(kPath.size());
    while (!folders.empty()) {
      const std::string_view folder = folders.substr(0, folders.find(':'));
      folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
      std::string path = std::string{folder} + "/" + name;
      // Only absolute ones: what lies where leangate happens to be started is nobody's choice.
      if (!folder.empty() && folder.front() == '/' && access(path.c_str(), X_OK) == 0) {
        return path;
      }
    }
  }
  return {};
}

}  // namespace

Result<Credential, std::string> read_helper_answer(std::string_view json) {
  const Result<JsonValue, std::string> root = parse_json(json);
  if (!root) {
    return Failure{"its answer is " + root.error()};
  }
  if (!root->is_object()) {
    return Failure{std::string{"its answer is no JSON object"}};
  }
  Problem problem;
  Credential credential;
  credential.username = find_text(*root, "Username", problem);
  credential.password = find_text(*root, "Secret", problem);
  if (credential.username.empty() || credential.password.empty()) {
    problem.add("there is no Username and Secret");
  }
  if (problem) {
    return Failure{"its answer can't be used: " + problem.text()};
  }
  if (credential.username == kIdentityTokenUser) {
    credential.identity_token = std::move(credential.password);
    credential.username.clear();
    credential.password.clear();
  }
  return credential;
}

class CredentialHelpers::Helper {
 public:
  Helper(const std::string& name, const std::vector<std::string>& environment, const Clock& clock)
      : helper_{name}, environment_{environment}, program_{"credential helper " + name, clock} {}

  const std::string& helper() const { return helper_; }
  CredentialProgram& program() { return program_; }

  CredentialProgram::Ticket ask(const std::string& host) {
    return program_.start({{host}, [this, host](Deadline deadline, const Cancellation& stop) {
                             return run(host, deadline, stop);
                           }});
  }

 private:
  ProgramAnswer run(const std::string& host,
                    Deadline deadline,
                    const Cancellation& cancellation) const {
    const std::string file = "docker-credential-" + helper_;
    ProcessRequest request;
    request.program = program_in_path(file, environment_);
    if (request.program.empty()) {
      return {{}, file + " isn't in PATH", {}, {}};
    }
    request.arguments = {"get"};
    request.environment = environment_;
    request.input = (host == kHub ? kHubServer : host) + "\n";
    request.max_output = kMaxProgramAnswerBytes;
    const ProcessOutcome outcome = run_process(request, deadline, cancellation);
    const bool has_none = outcome.end == ProcessOutcome::End::Exited &&
                          outcome.output.find(kNotFound) != std::string::npos;
    if (!outcome.succeeded()) {
      return {{}, has_none ? std::string{} : outcome.in_words(), host, kAnswerLifetime};
    }
    auto credential = read_helper_answer(outcome.output);
    if (!credential) {
      return {{}, std::move(credential).error(), {}, {}};
    }
    credential->key = host;
    credential->source = program_.name();
    return {{std::move(credential).value()}, {}, host, kAnswerLifetime};
  }

  const std::string helper_;
  const std::vector<std::string> environment_;
  CredentialProgram program_;
};

CredentialHelpers::CredentialHelpers(const std::vector<HelperRule>& rules,
                                     const std::vector<std::string>& environment,
                                     const Clock& clock) {
  for (const HelperRule& rule : rules) {
    auto known = std::find_if(helpers_.begin(), helpers_.end(), [&rule](const auto& helper) {
      return helper->helper() == rule.helper;
    });
    if (known == helpers_.end()) {
      known = helpers_.insert(helpers_.end(),
                              std::make_unique<Helper>(rule.helper, environment, clock));
    }
    rules_.push_back({host_of_key(rule.host), known->get()});
  }
}

CredentialHelpers::~CredentialHelpers() = default;

FoundCredentials CredentialHelpers::find(const policy::ImageReference& reference,
                                         Deadline deadline) {
  const auto rule = std::find_if(rules_.begin(), rules_.end(), [&reference](const Rule& other) {
    return other.host == reference.domain;
  });
  if (rule != rules_.end()) {
    return await_program(
        rule->helper->program(), rule->helper->ask(rule->host), reference, deadline);
  }
  FoundCredentials found;
  for (const auto& helper : helpers_) {
    std::vector<std::string> hosts;
    for (const Rule& other : rules_) {
      if (other.helper == helper.get()) {
        hosts.push_back(other.host);
      }
    }
    found.tried.push_back(helper->program().name() + " for " + keys_in_words(hosts));
  }
  return found;
}

void CredentialHelpers::stop() {
  for (const auto& helper : helpers_) {
    helper->program().stop();
  }
}

}  // namespace leangate::registry
