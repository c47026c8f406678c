// Programs that hand out credentials: asked once for everybody who wants to know the same, in the
// background, and their answers remembered. Credential providers and docker's credential helpers
// speak other languages, but are run alike.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/image_reference.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/registry/credential_source.h"
#include "webhook/support/clock.h"
#include "webhook/support/executor.h"
#include "webhook/support/mutex.h"
#include "webhook/support/subprocess.h"

namespace leangate::registry {

struct ProgramAnswer {
  std::vector<inspection::Credential> credentials;
  std::string failure;  // why there are none, without anything the program wrote; or empty
  // Under which key others find it, and for how long; not at all when the time is zero.
  std::string key;
  std::chrono::milliseconds lifetime{0};
};

// What one program is asked. Whoever has the same first key asks the same; an answer that is kept
// under any of the keys is an answer to this, too: the first that there is counts.
struct ProgramQuestion {
  std::vector<std::string> keys;
  // Runs the program and reads its answer. Called on a background thread, at most once.
  std::function<ProgramAnswer(Deadline deadline, const Cancellation& cancellation)> run;
};

// One program's answers. Safe from any thread.
class CredentialProgram {
 public:
  // `name` is for people: "credential provider ecr". The clock must outlive it.
  CredentialProgram(std::string name, const Clock& clock);
  // Kills what runs and waits for its end.
  ~CredentialProgram();
  CredentialProgram(const CredentialProgram&) = delete;
  CredentialProgram& operator=(const CredentialProgram&) = delete;

  const std::string& name() const { return name_; }

  // A question under way or answered.
  class Inquiry;
  using Ticket = std::shared_ptr<Inquiry>;

  // Never waits. The program goes on when nobody waits any more, so that the next one finds its
  // answer. A failure is an answer for some seconds, too.
  Ticket start(ProgramQuestion question) EXCLUDES(mutex_);
  // The answer; nothing when there is none by the deadline.
  std::optional<ProgramAnswer> wait(const Ticket& ticket, Deadline deadline) EXCLUDES(mutex_);

  // Ends the programs and the waiting, now and later.
  void stop() EXCLUDES(mutex_);

 private:
  struct Kept {
    ProgramAnswer answer;
    std::chrono::steady_clock::time_point expires;
  };

  void inquire(const Ticket& ticket) EXCLUDES(mutex_);
  const ProgramAnswer* kept_for(const ProgramQuestion& question) REQUIRES(mutex_);
  void keep(const ProgramAnswer& answer) REQUIRES(mutex_);
  void log_failure(const std::string& failure) EXCLUDES(mutex_);

  const std::string name_;
  const Clock& clock_;
  Cancellation cancellation_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::unordered_map<std::string, Kept> kept_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Ticket> under_way_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point quiet_until_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  Executor executor_;  // last: its threads use all of the above
};

// What the program answered, as far as it is for the image, and how a person is told of it.
FoundCredentials await_program(CredentialProgram& program,
                               const CredentialProgram::Ticket& ticket,
                               const policy::ImageReference& reference,
                               Deadline deadline);

}  // namespace leangate::registry
