// A server of somebody else's, run for a test: started, waited for, and ended with the test.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace leangate::fakes {

// A port of 127.0.0.1 that is free at the moment, for servers that can't tell which one they took.
std::uint16_t free_port();

// "user:bcrypt" and a line break, the only kind that docker-registry and its token server read.
// The words must need no quoting.
std::string htpasswd_line(const std::string& user, const std::string& password);

// What a command prints on standard output; throws when it fails. For the test's own fixed words.
std::string output_of(const std::string& command);

class ChildProcess {
 public:
  // Runs the program with its output in `log`, and waits until it accepts connections on the port:
  // throws when it ends before, or doesn't within 20 s.
  ChildProcess(const std::vector<std::string>& command, const std::string& log, std::uint16_t port);
  // Killed: what it keeps goes with the test.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

 private:
  void stop();

  pid_t process_ = -1;
};

}  // namespace leangate::fakes
