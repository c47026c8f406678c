#include "webhook/registry/digest.h"

#include <array>

#include <openssl/evp.h>

#include "policy/image_reference.h"

namespace leangate::registry {
namespace {

std::string digest_with(const EVP_MD* algorithm, std::string_view name, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, algorithm, nullptr) != 1) {
    return {};  // equals no digest
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text{name};
  text += ':';
  for (unsigned i = 0; i < length; ++i) {
    text += kHex[hash[i] >> 4];
    text += kHex[hash[i] & 15u];
  }
  return text;
}

}  // namespace

std::string sha256_digest(std::string_view bytes) {
  return digest_with(EVP_sha256(), "sha256", bytes);
}

bool has_digest(std::string_view bytes, std::string_view digest) {
  if (!policy::is_digest(digest)) {
    return false;
  }
  if (digest.substr(0, 7) == "sha512:") {
    return digest_with(EVP_sha512(), "sha512", bytes) == digest;
  }
  return sha256_digest(bytes) == digest;
}

}  // namespace leangate::registry
