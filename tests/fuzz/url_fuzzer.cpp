// Two lines of input: a URL, and a location to resolve against it. Whatever is accepted must print
// to a text that reads back as the same URL, since other code judges one and sends the other.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "webhook/transport/url.h"

namespace {

using leangate::transport::parse_url;
using leangate::transport::Url;

void require_round_trip(const Url& url) {
  const auto again = parse_url(url.str());
  if (!again || !again->same_origin(url) || again->target != url.target || url.port == 0 ||
      url.target.empty() || url.target.front() != '/') {
    std::abort();
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::size_t line_end = text.find('\n');
  const auto base = parse_url(text.substr(0, line_end));
  if (!base) {
    return 0;
  }
  require_round_trip(*base);
  if (line_end != std::string_view::npos) {
    const auto resolved = resolve_url(*base, text.substr(line_end + 1));
    if (resolved) {
      require_round_trip(*resolved);
    }
  }
  return 0;
}
