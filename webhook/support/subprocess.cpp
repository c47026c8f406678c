#include "webhook/support/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace leangate {
namespace {

using std::chrono::milliseconds;

// How soon the end of a program is seen whose children still hold its stdout: nothing wakes poll()
// then. One that closed its stdout is looked after more often at first, for it is about to end.
constexpr milliseconds kLongestPause{50};

class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void own(int descriptor) {
    close();
    descriptor_ = descriptor;
  }
  void close() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
      descriptor_ = -1;
    }
  }
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

// The descriptor, or a copy of it above those that the program's own will be: dup2() onto one of
// them must not hit another that is still needed.
int above_standard(int descriptor) {
  if (descriptor > STDERR_FILENO) {
    return descriptor;
  }
  const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  ::close(descriptor);
  return copy;
}

struct Pipe {
  Descriptor reader;
  Descriptor writer;

  bool open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      return false;
    }
    reader.own(above_standard(ends[0]));
    writer.own(above_standard(ends[1]));
    return reader.is_open() && writer.is_open();
  }
};

// What posix_spawn() wants as char* const[].
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    result.push_back(const_cast<char*>(text.c_str()));  // its C signature predates const
  }
  result.push_back(nullptr);
  return result;
}

class SpawnPlan {
 public:
  SpawnPlan(int input, int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);

    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // 0, or errno's number.
  int start(const ProcessRequest& request, pid_t& process) const {
    std::vector<std::string> arguments{request.program};
    arguments.insert(arguments.end(), request.arguments.begin(), request.arguments.end());
    return posix_spawn(&process,
                       request.program.c_str(),
                       &files_,
                       &attributes_,
                       pointers(arguments).data(),
                       pointers(request.environment).data());
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

ProcessOutcome not_started(int error) {
  return {ProcessOutcome::End::NotStarted, error, {}};
}

// Takes what is there; closes the descriptor at the end of the stream.
void drain(Descriptor& stream, std::string& into, std::size_t limit) {
  std::array<char, 16384> buffer{};
  while (stream.is_open() && into.size() <= limit) {
    const ssize_t got = read(stream.get(), buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      stream.close();
    } else if (errno != EINTR) {
      return;  // nothing more for now
    }
  }
}

// Without reaping it: as long as it isn't reaped, nobody else can get its number.
bool has_exited(pid_t process) {
  siginfo_t state{};
  return waitid(P_PID, static_cast<id_t>(process), &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         state.si_pid == process;
}

// Kills what is left of its group, which is as old as it is, and takes its end.
void reap(pid_t process, ProcessOutcome& outcome) {
  kill(-process, SIGKILL);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (outcome.end != ProcessOutcome::End::Exited) {
    return;
  }
  if (WIFSIGNALED(status)) {
    outcome.end = ProcessOutcome::End::Signalled;
    outcome.code = WTERMSIG(status);
  } else {
    outcome.code = WEXITSTATUS(status);
  }
}

// A program under way.
struct Running {
  pid_t process = -1;
  Descriptor& stream;
  std::size_t max_output = 0;
  Deadline deadline;
  const Cancellation& cancellation;
};

// Takes what it writes until it has ended or must be. Exited stands for a signal, too.
ProcessOutcome::End follow(const Running& running, std::string& output) {
  using End = ProcessOutcome::End;
  milliseconds pause{1};
  while (true) {
    const bool exited = has_exited(running.process);  // before the last look at what it wrote
    drain(running.stream, output, running.max_output);
    if (output.size() > running.max_output) {
      return End::TooMuchOutput;
    }
    if (exited) {
      return End::Exited;
    }
    if (running.cancellation.is_cancelled()) {
      return End::Cancelled;
    }
    const milliseconds left = time_left(running.deadline);
    if (left.count() == 0) {
      return End::TimedOut;
    }
    pause = running.stream.is_open() ? kLongestPause : std::min(2 * pause, kLongestPause);
    std::array<pollfd, 2> watched{
        {{running.stream.get(), POLLIN, 0}, {running.cancellation.descriptor(), POLLIN, 0}}};
    poll(watched.data(), watched.size(), static_cast<int>(std::min(left, pause).count()));
    if (running.stream.is_open()) {
      pause = milliseconds{1};
    }
  }
}

}  // namespace

std::string ProcessOutcome::in_words() const {
  switch (end) {
    case End::Exited:
      return "exit status " + std::to_string(code);
    case End::Signalled:
      return "signal " + std::to_string(code);
    case End::NotStarted:
      return "it can't be started: " + std::generic_category().message(code);
    case End::TimedOut:
      return "it took too long";
    case End::Cancelled:
      return "it was stopped";
    case End::TooMuchOutput:
      break;
  }
  return "it wrote too much";
}

Cancellation::Cancellation() : event_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

Cancellation::~Cancellation() {
  if (event_ >= 0) {
    close(event_);
  }
}

void Cancellation::cancel() {
  cancelled_ = true;
  eventfd_write(event_, 1);
}

ProcessOutcome run_process(const ProcessRequest& request,
                           Deadline deadline,
                           const Cancellation& cancellation) {
  if (request.input.size() > kMaxProcessInput) {
    return not_started(E2BIG);
  }
  Pipe input;
  Pipe output;
  if (!input.open() || !output.open()) {
    return not_started(errno);
  }
  if (write(input.writer.get(), request.input.data(), request.input.size()) !=
      static_cast<ssize_t>(request.input.size())) {
    return not_started(errno);
  }
  input.writer.close();

  pid_t process = -1;
  const SpawnPlan plan{input.reader.get(), output.writer.get()};
  if (const int error = plan.start(request, process); error != 0) {
    return not_started(error);
  }
  input.reader.close();
  output.writer.close();
  fcntl(output.reader.get(), F_SETFL, O_NONBLOCK);

  ProcessOutcome outcome;
  outcome.end =
      follow({process, output.reader, request.max_output, deadline, cancellation}, outcome.output);
  reap(process, outcome);
  return outcome;
}

}  // namespace leangate
