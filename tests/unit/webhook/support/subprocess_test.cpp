#include "webhook/support/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/fakes/temporary_folder.h"
#include "tests/support/catch.h"

namespace leangate {
namespace {

using End = ProcessOutcome::End;
using std::chrono::milliseconds;
using std::chrono::seconds;

ProcessRequest shell(const std::string& script) {
  ProcessRequest request;
  request.program = "/bin/sh";
  request.arguments = {"-c", script};
  request.environment = {"PATH=/usr/bin:/bin"};
  return request;
}

ProcessOutcome run(const ProcessRequest& request, milliseconds limit = seconds{20}) {
  const Cancellation never;
  return run_process(request, deadline_in(limit), never);
}

// The number that a script wrote into a file; -1 before it did.
pid_t number_in(const std::filesystem::path& file) {
  pid_t number = -1;
  std::ifstream{file} >> number;
  return number;
}

// A killed process whose parent is gone is reaped by init in its own time.
bool is_gone_soon(pid_t process) {
  for (int i = 0; i < 500; ++i) {
    std::string state;
    std::string name;
    std::ifstream stat{"/proc/" + std::to_string(process) + "/stat"};
    if (!(stat >> process >> name >> state) || state == "Z") {
      return true;
    }
    std::this_thread::sleep_for(milliseconds{10});
  }
  return false;
}

}  // namespace

TEST_CASE("a program gets its input and its output is taken", "[support]") {
  ProcessRequest request = shell("read line; echo \"$line $VARIABLE $0\"; echo noise >&2");
  request.arguments.emplace_back("zero");
  request.environment.emplace_back("VARIABLE=value");
  request.input = "line\nmore";
  const ProcessOutcome outcome = run(request);
  CHECK(outcome.succeeded());
  CHECK(outcome.output == "line value zero\n");
  CHECK(outcome.in_words() == "exit status 0");
}

TEST_CASE("a program's end is told", "[support]") {
  CHECK(run(shell("exit 3")).in_words() == "exit status 3");
  CHECK(run(shell("kill -SEGV $$")).in_words() == "signal 11");
  CHECK(run(shell("echo partly; exit 1")).output == "partly\n");

  ProcessRequest missing;
  missing.program = "/nowhere/program";
  CHECK(run(missing).end == End::NotStarted);
  CHECK(run(missing).code == ENOENT);

  ProcessRequest long_input = shell("true");
  long_input.input.assign(kMaxProcessInput + 1, 'x');
  CHECK(run(long_input).end == End::NotStarted);
}

TEST_CASE("a program that doesn't read its input is no trouble", "[support]") {
  ProcessRequest request = shell("exec <&-; echo done");
  request.input.assign(kMaxProcessInput, 'x');
  for (int i = 0; i < 20; ++i) {
    const ProcessOutcome outcome = run(request);
    CHECK(outcome.succeeded());
    CHECK(outcome.output == "done\n");
  }
}

TEST_CASE("a program that hangs is killed with its children", "[support]") {
  const fakes::TemporaryFolder folder;
  const std::string file = (folder.path() / "child").string();
  const auto start = std::chrono::steady_clock::now();
  const ProcessOutcome outcome =
      run(shell("sleep 300 & echo $! > " + file + "; wait"), milliseconds{700});
  CHECK(outcome.end == End::TimedOut);
  CHECK(std::chrono::steady_clock::now() - start < seconds{10});
  const pid_t child = number_in(file);
  REQUIRE(child > 0);
  CHECK(is_gone_soon(child));
}

TEST_CASE("a program's end isn't held up by children that hold its output", "[support]") {
  const fakes::TemporaryFolder folder;
  const std::string file = (folder.path() / "child").string();
  const ProcessOutcome outcome = run(shell("sleep 300 & echo $! > " + file + "; echo answer"));
  CHECK(outcome.succeeded());
  CHECK(outcome.output == "answer\n");
  CHECK(is_gone_soon(number_in(file)));
}

TEST_CASE("a program that closes its output and goes on is waited for", "[support]") {
  const ProcessOutcome outcome = run(shell("echo answer; exec >&-; sleep 0.2; exit 4"));
  CHECK(outcome.end == End::Exited);
  CHECK(outcome.code == 4);
  CHECK(outcome.output == "answer\n");
}

TEST_CASE("a program that floods is stopped", "[support]") {
  ProcessRequest request = shell("yes; true");
  request.max_output = 1000;
  const ProcessOutcome outcome = run(request);
  CHECK(outcome.end == End::TooMuchOutput);
  CHECK(outcome.output.size() <= 1000 + 16384);

  ProcessRequest quiet = shell("yes >&2 & sleep 0.2; echo answer");
  CHECK(run(quiet).output == "answer\n");
}

TEST_CASE("a program inherits neither descriptors nor signals", "[support]") {
  const int leaked = dup(STDOUT_FILENO);  // without FD_CLOEXEC
  struct sigaction old {};
  struct sigaction ignoring {};
  ignoring.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignoring, &old);
  const ProcessOutcome outcome =
      run(shell("ls /proc/$$/fd | tr '\\n' ' '; grep SigIgn /proc/$$/status"));
  sigaction(SIGPIPE, &old, nullptr);
  close(leaked);
  CAPTURE(outcome.output);
  CHECK(outcome.output.substr(0, 6) == "0 1 2 ");
  const std::size_t mask = outcome.output.find("SigIgn:");
  REQUIRE(mask != std::string::npos);
  // glibc itself ignores 32 and 33 in what it spawns.
  CHECK((std::stoull(outcome.output.substr(mask + 7), nullptr, 16) & 0x7fffffffULL) == 0);
}

TEST_CASE("programs are cancelled, and later ones at once", "[support]") {
  Cancellation cancellation;
  ProcessOutcome outcome;
  const auto start = std::chrono::steady_clock::now();
  std::thread runner{
      [&] { outcome = run_process(shell("sleep 300"), deadline_in(seconds{300}), cancellation); }};
  cancellation.cancel();
  runner.join();
  CHECK(outcome.end == End::Cancelled);
  CHECK(run_process(shell("sleep 300"), deadline_in(seconds{300}), cancellation).end ==
        End::Cancelled);
  CHECK(std::chrono::steady_clock::now() - start < seconds{10});
}

}  // namespace leangate
