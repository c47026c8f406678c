// Runs a program and takes its answer, bounded in time and size. The program may be anybody's: it
// may hang, flood, fork, or never read what it is given, and nothing of it is left afterwards.
#pragma once

#include <atomic>
#include <climits>
#include <cstddef>
#include <string>
#include <vector>

#include "webhook/support/clock.h"

namespace leangate {

// A pipe takes as much without a reader (POSIX), so the input is written before the program runs:
// there is nobody to wait for and no SIGPIPE.
inline constexpr std::size_t kMaxProcessInput = PIPE_BUF;

struct ProcessRequest {
  std::string program;                   // a path
  std::vector<std::string> arguments;    // without the program's own name
  std::vector<std::string> environment;  // "NAME=VALUE", all of it
  std::string input;                     // kMaxProcessInput at most
  std::size_t max_output = 64u << 10;
};

struct ProcessOutcome {
  enum class End { Exited, Signalled, NotStarted, TimedOut, Cancelled, TooMuchOutput };

  End end = End::NotStarted;
  int code = 0;        // exit status, number of the signal, or errno of what didn't start
  std::string output;  // what came on stdout until then

  bool succeeded() const { return end == End::Exited && code == 0; }
  // "exit status 1", "signal 11", "took too long": never anything the program wrote.
  std::string in_words() const;
};

// Ends the programs that run under it, and those that are started later at once.
class Cancellation {
 public:
  Cancellation();
  ~Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  void cancel();
  bool is_cancelled() const { return cancelled_; }
  int descriptor() const { return event_; }  // readable once cancelled

 private:
  std::atomic<bool> cancelled_{false};
  int event_ = -1;
};

// Blocks until the program has ended, of itself or killed at the deadline, and is reaped. It runs
// in a session of its own without a terminal, with default signals, no descriptor of ours but the
// ends of its pipes, and stderr thrown away: programs that handle secrets print them there.
// Whatever it started in its process group is killed with it. Safe from any thread.
ProcessOutcome run_process(const ProcessRequest& request,
                           Deadline deadline,
                           const Cancellation& cancellation);

}  // namespace leangate
