// Docker configs, which also come out of pull secrets that anybody may write.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "webhook/registry/docker_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)leangate::registry::read_docker_config(text);
  (void)leangate::registry::read_dockercfg(text);
  return 0;
}
