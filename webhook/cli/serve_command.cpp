// leangate serve: from the settings to a listening webhook, and in order down again.
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "webhook/admission/reviewer.h"
#include "webhook/cli/commands.h"
#include "webhook/cli/configuration.h"
#include "webhook/cli/engine.h"
#include "webhook/cli/mistakes.h"
#include "webhook/observability/logging.h"
#include "webhook/observability/operations_server.h"
#include "webhook/policies/policy_store.h"
#include "webhook/server/certificate_store.h"
#include "webhook/server/https_server.h"
#include "webhook/support/mutex.h"
#include "webhook/support/version.h"

namespace leangate::cli {
namespace {

using observability::log_error;
using observability::log_info;

// A dead registry must not keep the webhook from starting: the first look at the base images gets
// this long before the process calls itself ready without them.
constexpr std::chrono::seconds kFirstBaseRefresh{5};
// Until every base image could be read once, rules on bases see less than they might; so what
// failed is tried again soon, and then less and less often.
constexpr std::chrono::seconds kBaseRetry{30};

// Blocks SIGTERM and SIGINT in this thread and all that it starts, so that one thread can wait for
// them.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Keeps the base catalogue fresh on a thread of its own ("base-refresh").
class BaseRefresher {
 public:
  BaseRefresher(Engine& engine, std::chrono::milliseconds interval)
      : engine_{engine}, interval_{interval}, thread_{[this] { run(); }} {}

  ~BaseRefresher() {
    engine_.stop_lookups();  // a silent registry must not hold up the end
    {
      MutexLock lock{mutex_};
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  BaseRefresher(const BaseRefresher&) = delete;
  BaseRefresher& operator=(const BaseRefresher&) = delete;

  // Whether the first look is over, however it went.
  bool has_looked() const { return has_looked_; }

 private:
  void run() EXCLUDES(mutex_) {
    pthread_setname_np(pthread_self(), "base-refresh");
    bool all_read = engine_.refresh_bases(deadline_in(kFirstBaseRefresh));
    has_looked_ = true;
    std::chrono::milliseconds retry = kBaseRetry;
    while (wait(all_read ? interval_ : std::min(retry, interval_))) {
      retry = all_read ? kBaseRetry : 2 * retry;
      all_read = engine_.refresh_bases(deadline_in(std::chrono::seconds{30}));
    }
  }

  // False when there is no next time.
  bool wait(std::chrono::milliseconds span) EXCLUDES(mutex_) {
    const Deadline next = deadline_in(span);
    MutexLock lock{mutex_};
    while (!stopping_ && std::chrono::steady_clock::now() < next) {
      changed_.wait_until(mutex_, next);
    }
    return !stopping_;
  }

  Engine& engine_;
  const std::chrono::milliseconds interval_;
  std::atomic<bool> has_looked_{false};
  Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

admission::ReviewerOptions reviewer_options(const settings::Settings& settings) {
  admission::ReviewerOptions options;
  options.enforcement = settings.enforcement;
  options.platforms = settings.platforms;
  options.exception_namespaces = settings.exception_namespaces;
  options.unqualified_host = settings.unqualified_host;
  options.review_timeout = settings.review_timeout;
  return options;
}

server::ValidateHandler make_handler(const admission::Reviewer& reviewer) {
  return [&reviewer](const server::ValidateCall& call) {
    admission::ReviewAnswer answer = reviewer.answer({.body = call.body,
                                                      .truncated = call.truncated,
                                                      .timeout = call.timeout,
                                                      .received = call.received});
    return server::ValidateAnswer{.status = answer.status,
                                  .content_type = std::move(answer.content_type),
                                  .body = std::move(answer.body)};
  };
}

// Waits for the first stop signal, then leaves the API servers the drain period to go elsewhere. A
// second signal ends the wait.
void wait_and_drain(const sigset_t& signals,
                    server::HttpsServer& server,
                    std::atomic<bool>& draining,
                    std::chrono::milliseconds drain_period) {
  int signal = 0;
  sigwait(&signals, &signal);
  draining = true;
  server.drain();
  log_info("draining", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  const timespec wait{.tv_sec = drain_period.count() / 1000,
                      .tv_nsec = (drain_period.count() % 1000) * 1'000'000};
  sigtimedwait(&signals, nullptr, &wait);
}

// Connections and lookups each hold a descriptor, and the usual soft limit of 1,024 is what
// server.maxConnections alone may take.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

int fail(const std::string& why) {
  log_error(why);
  fmt::print(stderr, "leangate: {}\n", why);  // whatever the log level
  return kExitUsage;
}

// Runs what has been read and checked.
int run(const settings::Settings& settings,
        const server::CertificateStore& certificates,
        Engine& engine,
        const sigset_t& signals) {
  engine.metrics().set_certificate_expiry(certificates.expiry());
  const admission::Reviewer reviewer{engine.reviewer_parts(), reviewer_options(settings)};
  BaseRefresher bases{engine, settings.base_refresh};

  std::atomic<bool> draining{false};
  auto operations = observability::OperationsServer::start(
      settings.operations_listen, engine.metrics(), [&]() -> std::string {
        if (draining) {
          return "draining";
        }
        return bases.has_looked() ? "" : "looking up the base images";
      });
  if (!operations) {
    return fail(operations.error());
  }
  auto server = server::HttpsServer::start(
      settings.server, certificates, engine.metrics(), make_handler(reviewer));
  if (!server) {
    return fail(server.error());
  }
  log_info("serving",
           {{"version", kVersion},
            {"port", std::to_string((*server)->port())},
            {"operations_port", std::to_string((*operations)->port())},
            {"enforcement",
             settings.enforcement == policy::Enforcement::DryRun ? "DryRun" : "Enforce"}});

  wait_and_drain(signals, **server, draining, settings.server.drain_period);
  // Whoever still waits for a registry now gets the answer of the failure policy.
  engine.stop_lookups();
  (*server)->stop();
  log_info("stopped");
  return kExitOk;
}

}  // namespace

int serve(const ServeOptions& options) {
  raise_descriptor_limit();
  const sigset_t signals = block_stop_signals();
  auto settings = configure_serve(options);
  if (!settings) {
    print_mistakes(settings.error());
    return kExitUsage;
  }
  auto policies = policies::load_policies(settings->policies);
  if (!policies) {
    print_mistakes(policies.error());
    return kExitUsage;
  }
  auto certificates =
      server::CertificateStore::open(settings->tls.cert_file, settings->tls.key_file);
  if (!certificates) {
    return fail(certificates.error());
  }
  const std::size_t policy_count = (*policies)->policies.size();
  auto engine = Engine::start(*settings, *policies);
  if (!engine) {
    print_mistakes(engine.error());
    return kExitUsage;
  }
  (*engine)->metrics().set_policies("loaded", policy_count);
  return run(*settings, **certificates, **engine, signals);
}

}  // namespace leangate::cli
