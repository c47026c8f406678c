// Answers of credential providers and helpers: programs that the operator trusts with passwords,
// not with this process's memory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "webhook/registry/credential_helper.h"
#include "webhook/registry/credential_provider_response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)leangate::registry::read_provider_response(text, "credentialprovider.kubelet.k8s.io/v1");
  (void)leangate::registry::read_helper_answer(text);
  return 0;
}
