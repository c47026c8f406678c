// Policy documents, YAML and JSON, from the text to the structs: never a crash, a hang or an
// exception, and every mistake has something to say.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/policy_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const leangate::policy::PolicyReading reading = leangate::policy::read_policies(text, "f");
  for (const leangate::policy::Mistake& mistake : reading.mistakes) {
    if (mistake.message.empty() || mistake.str().empty()) {
      std::abort();
    }
  }
  return 0;
}
