#include "webhook/registry/credential_program.h"

#include <algorithm>
#include <utility>

#include "webhook/observability/logging.h"
#include "webhook/registry/credentials.h"

namespace leangate::registry {
namespace {

// The kubelet's own limit for one run. Nobody waits that long here, but what comes late is kept.
constexpr std::chrono::seconds kLongestRun{60};
// A broken program is asked again after as long, not for each image of a burst.
constexpr std::chrono::seconds kFailureLifetime{5};
constexpr std::chrono::minutes kLogPause{1};
// Runs of one program side by side: many images may be new at once, and a program that hangs must
// not take more than these. A first answer for the whole registry spares the queued ones theirs.
constexpr std::size_t kRunsAtOnce = 4;
constexpr std::size_t kMaxQueued = 256;
// Answers are small; one for each image that is looked up is the most that is asked for.
constexpr std::size_t kMaxKept = 1'024;

}  // namespace

// Guarded by the program's mutex, but for the question, which never changes.
class CredentialProgram::Inquiry {
 public:
  ProgramQuestion question;
  std::optional<ProgramAnswer> answer;
};

CredentialProgram::CredentialProgram(std::string name, const Clock& clock)
    : name_{std::move(name)},
      clock_{clock},
      quiet_until_{clock.steady_now()},
      executor_{"credential", kRunsAtOnce, kMaxQueued} {}

CredentialProgram::~CredentialProgram() {
  stop();
}

CredentialProgram::Ticket CredentialProgram::start(ProgramQuestion question) {
  auto ticket = std::make_shared<Inquiry>();
  ticket->question = std::move(question);
  const std::string& name = ticket->question.keys.front();
  MutexLock lock{mutex_};
  if (const ProgramAnswer* kept = kept_for(ticket->question)) {
    ticket->answer = *kept;
    return ticket;
  }
  if (const auto found = under_way_.find(name); found != under_way_.end()) {
    return found->second;
  }
  if (stopped_ || !executor_.submit([this, ticket] { inquire(ticket); })) {
    ticket->answer = ProgramAnswer{{}, "too many questions wait for it", {}, {}};
    return ticket;
  }
  under_way_.emplace(name, ticket);
  return ticket;
}

std::optional<ProgramAnswer> CredentialProgram::wait(const Ticket& ticket, Deadline deadline) {
  MutexLock lock{mutex_};
  while (!ticket->answer && !stopped_) {
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      break;
    }
  }
  return ticket->answer;
}

void CredentialProgram::stop() {
  {
    MutexLock lock{mutex_};
    stopped_ = true;
  }
  cancellation_.cancel();
  changed_.notify_all();
}

void CredentialProgram::inquire(const Ticket& ticket) {
  std::optional<ProgramAnswer> answer;
  {
    // While this one was queued, another may have brought an answer for the whole registry.
    MutexLock lock{mutex_};
    if (const ProgramAnswer* kept = kept_for(ticket->question)) {
      answer = *kept;
    }
  }
  if (!answer) {
    answer = ticket->question.run(deadline_in(kLongestRun), cancellation_);
    if (!answer->failure.empty()) {
      log_failure(answer->failure);
      answer->key = ticket->question.keys.front();
      answer->lifetime = kFailureLifetime;
    }
  }
  {
    MutexLock lock{mutex_};
    keep(*answer);
    ticket->answer = std::move(answer);
    under_way_.erase(ticket->question.keys.front());
  }
  changed_.notify_all();
}

const ProgramAnswer* CredentialProgram::kept_for(const ProgramQuestion& question) {
  for (const std::string& key : question.keys) {
    const auto found = kept_.find(key);
    if (found != kept_.end() && found->second.expires > clock_.steady_now()) {
      return &found->second.answer;
    }
  }
  return nullptr;
}

void CredentialProgram::keep(const ProgramAnswer& answer) {
  if (answer.lifetime.count() <= 0) {
    return;
  }
  if (kept_.size() >= kMaxKept && kept_.count(answer.key) == 0) {
    // What expires first goes first, which is what has expired already if anything has.
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.expires < b.second.expires;
    }));
  }
  kept_[answer.key] = {answer, clock_.steady_now() + answer.lifetime};
}

void CredentialProgram::log_failure(const std::string& failure) {
  const auto now = clock_.steady_now();
  {
    MutexLock lock{mutex_};
    if (now < quiet_until_ || stopped_) {
      return;
    }
    quiet_until_ = now + kLogPause;
  }
  observability::log_warn("no credentials from " + name_, {{"reason", failure}});
}

FoundCredentials await_program(CredentialProgram& program,
                               const CredentialProgram::Ticket& ticket,
                               const policy::ImageReference& reference,
                               Deadline deadline) {
  FoundCredentials found;
  const std::optional<ProgramAnswer> answer = program.wait(ticket, deadline);
  if (!answer) {
    found.tried = {program.name() + ", which hasn't answered yet"};
    found.is_complete = false;
  } else if (!answer->failure.empty()) {
    found.tried = {program.name() + ", which failed: " + answer->failure};
  } else if (answer->credentials.empty()) {
    found.tried = {program.name() + ", which has none"};
  } else {
    found.tried = sources_of(answer->credentials);
    found.credentials = matching_credentials(answer->credentials, reference);
  }
  return found;
}

}  // namespace leangate::registry
