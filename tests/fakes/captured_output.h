// Takes what the process writes to stdout and stderr while the object lives.
#pragma once

#include <string>

#include "tests/fakes/temporary_folder.h"

namespace leangate::fakes {

// One at a time: descriptors belong to the whole process.
class CapturedOutput {
 public:
  CapturedOutput();
  ~CapturedOutput();
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;

  // Puts the descriptors back; idempotent.
  void stop();

  // What was written until stop().
  std::string standard_output() const;
  std::string standard_error() const;

 private:
  TemporaryFolder folder_;
  int saved_output_ = -1;
  int saved_error_ = -1;
};

}  // namespace leangate::fakes
