#define CATCH_CONFIG_RUNNER
#include <csignal>

#include "tests/support/catch.h"

int main(int argc, char** argv) {
  // A peer that goes away is an error of one write, not the end of the process; `leangate` does
  // the same.
  std::signal(SIGPIPE, SIG_IGN);
  return Catch::Session().run(argc, argv);
}
