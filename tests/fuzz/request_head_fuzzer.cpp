// Any bytes, in any pieces, give the same request or the same refusal, within the bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "webhook/server/request_reader.h"

namespace {

using leangate::server::RequestReader;
using Stage = RequestReader::Stage;

constexpr std::size_t kMaxBody = 256u << 10;

std::size_t feed(RequestReader& reader, std::string_view bytes, std::size_t piece) {
  std::size_t done = 0;
  while (done < bytes.size() && reader.stage() != Stage::Complete &&
         reader.stage() != Stage::Refused) {
    done += reader.consume(bytes.substr(done, piece));
    if (reader.stage() == Stage::NeedsMemory) {
      reader.grant(reader.wanted_memory());
    }
  }
  return done;
}

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  RequestReader whole{kMaxBody};
  RequestReader pieces{kMaxBody};
  const std::size_t end = feed(whole, bytes, size);
  const std::size_t other_end = feed(pieces, bytes, 1);
  require(whole.stage() == pieces.stage() && whole.refusal() == pieces.refusal());
  if (whole.stage() == Stage::Complete) {
    const auto request = whole.take();
    const auto other = pieces.take();
    require(end == other_end || request.truncated);
    require(request.body == other.body && request.body.size() <= kMaxBody);
    require(request.target == other.target && request.target.starts_with('/'));
  }
  return 0;
}
