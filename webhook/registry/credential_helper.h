// Docker's credential helpers (docker/docker-credential-helpers): programs that keep what `docker
// login` was told in a key ring, or turn a cloud's identity into a password. Only those that the
// operator's own docker config names are run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "webhook/registry/credential_program.h"
#include "webhook/registry/credential_source.h"
#include "webhook/registry/docker_config.h"

namespace leangate::registry {

// Reads {"ServerURL", "Username", "Secret"}, what a helper answers to `get`. The error never quotes
// the text.
Result<inspection::Credential, std::string> read_helper_answer(std::string_view json);

// The helper of an image's host is asked for exactly that host; the first rule counts.
class CredentialHelpers final : public CredentialSource {
 public:
  // The programs are looked for in the PATH of `environment`, which is all that they get. The clock
  // must outlive it.
  CredentialHelpers(const std::vector<HelperRule>& rules,
                    const std::vector<std::string>& environment,
                    const Clock& clock);
  ~CredentialHelpers() override;

  FoundCredentials find(const policy::ImageReference& reference, Deadline deadline) override;
  void stop() override;

 private:
  class Helper;

  struct Rule {
    std::string host;  // as references have it: "docker.io"
    Helper* helper;
  };

  std::vector<std::unique_ptr<Helper>> helpers_;
  std::vector<Rule> rules_;
};

}  // namespace leangate::registry
