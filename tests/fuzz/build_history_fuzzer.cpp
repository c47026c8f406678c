// History is text that anybody may write: reading it must end, stay within bounds and give one safe
// line. Input: one entry a line; the first byte of a line says whether it is called empty.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/build_history.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leangate::policy;
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  ImageFacts facts;
  facts.config.emplace();
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
    const bool empty = line.starts_with('E');
    line.remove_prefix(line.empty() ? 0 : 1);
    const std::size_t tab = line.find('\v');
    const std::string comment{tab == std::string_view::npos ? "" : line.substr(tab + 1)};
    facts.config->history.push_back({std::string{line.substr(0, tab)}, comment, empty});
    facts.layers.resize(facts.layers.size() + (empty ? 0 : 1));
  }
  const BuildHistory history = read_build_history(facts);
  if (facts.config->history.empty() != (history.tie == HistoryTie::Absent) ||
      history.layers.size() != facts.layers.size()) {
    std::abort();
  }
  for (const LayerInstruction& layer : history.layers) {
    // 1,000 code points of at most four bytes each.
    if (layer.text.size() > 4000 || layer.text.find_first_of("\n\r\t\x1b") != std::string::npos) {
      std::abort();
    }
  }
  return 0;
}
