#include "webhook/cli/command_line.h"

int main(int argc, char** argv) {
  return leangate::cli::run_command_line(argc, argv);
}
