// Docker configs, which also come out of pull secrets that anybody may write.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "webhook/registry/docker_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leangate::registry;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)read_docker_config(text);
  (void)read_pull_secret(PullSecretType::DockerConfigJson, text);
  (void)read_pull_secret(PullSecretType::Dockercfg, text);
  return 0;
}
