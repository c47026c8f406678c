// The operator's hosts.toml files: not hostile, but a parser of TOML stands behind them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "webhook/registry/hosts_toml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)leangate::registry::read_hosts_toml(
      text, "/certs.d/registry.example/hosts.toml", [](const std::string&) { return true; });
  return 0;
}
