// Whatever the text, a reference that is accepted is well formed and survives being printed; what
// is refused is refused in printable ASCII.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/image_reference.h"

namespace {

using leangate::policy::ImageReference;
using leangate::policy::is_digest;
using leangate::policy::parse_image_reference;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check(const ImageReference& reference, std::string_view unqualified_host) {
  require(is_printable(reference.str()));
  require(!reference.domain.empty() && !reference.path.empty());
  require(reference.domain.find('/') == std::string::npos);
  require(reference.tag.has_value() != reference.digest.has_value());
  require(!reference.digest || is_digest(*reference.digest));
  const auto again = parse_image_reference(reference.str(), unqualified_host);
  require(again && *again == reference);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const std::string_view host : {"docker.io", "mirror", "mirror.example:5000"}) {
    const auto reference = parse_image_reference(text, host);
    if (reference) {
      check(*reference, host);
    } else {
      require(!reference.error().empty() && is_printable(reference.error()));
    }
  }
  return 0;
}
