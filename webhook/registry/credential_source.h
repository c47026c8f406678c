// Where credentials for an image come from besides the workload itself: the operator's docker
// config, credential helpers, credential providers. A client asks one source and doesn't know which
// of these stand behind it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "policy/image_reference.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/support/clock.h"

namespace leangate::registry {

// What was found for one image.
struct FoundCredentials {
  // All that match, in the order in which they are tried. Empty: ask anonymously.
  std::vector<inspection::Credential> credentials;
  // Each source that was asked and what it has credentials for, or why it has none: "docker config
  // /x/config.json for other.example", "credential provider ecr, which failed: exit status 1". For
  // people, without a secret; tried_sources() makes one sentence of it.
  std::vector<std::string> tried;
  // A source hasn't answered yet. What is refused for want of credentials may be readable with the
  // ones that it brings: the refusal mustn't be taken for the registry's last word.
  bool is_complete = true;

  void append(FoundCredentials more);
};

// Implementations are safe from any thread and never throw.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  // Those that match the reference, most specific first. Blocks until the deadline at most.
  virtual FoundCredentials find(const policy::ImageReference& reference, Deadline deadline) = 0;

  // Ends whatever it waits for, now and later. For the end of the process.
  virtual void stop() {}
};

// A list that never changes. The credentials' own `source` says where it came from.
class FixedCredentials final : public CredentialSource {
 public:
  explicit FixedCredentials(std::vector<inspection::Credential> credentials);

  FoundCredentials find(const policy::ImageReference& reference, Deadline deadline) override;

 private:
  const std::vector<inspection::Credential> credentials_;
  const std::vector<std::string> tried_;
};

std::shared_ptr<CredentialSource> fixed_credentials(
    std::vector<inspection::Credential> credentials);

// Several sources as one, in their order, as the kubelet joins its keyrings: all are asked, all
// that match is tried.
class CredentialChain final : public CredentialSource {
 public:
  // Waits for slow sources no longer than `patience`, however late the deadline is: a lookup that
  // waits holds a place that others need. What comes later is there for the retry.
  CredentialChain(std::vector<std::unique_ptr<CredentialSource>> sources,
                  std::chrono::milliseconds patience);

  FoundCredentials find(const policy::ImageReference& reference, Deadline deadline) override;
  void stop() override;

 private:
  const std::vector<std::unique_ptr<CredentialSource>> sources_;
  const std::chrono::milliseconds patience_;
};

// "docker config /x for a.example, b.example" for each source that the credentials name.
std::vector<std::string> sources_of(const std::vector<inspection::Credential>& credentials);

// "a.example, b.example and 7 more": what credentials are for, in few words and printable.
std::string keys_in_words(const std::vector<std::string>& keys);

// " (tried: docker config /x for other.example; credential provider ecr for *.example)", of bounded
// length; empty when there was nothing to try. For the end of a message that says that an image
// can't be read without credentials, or with these.
std::string tried_sources(const FoundCredentials& found);

}  // namespace leangate::registry
