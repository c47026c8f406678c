#include "webhook/registry/text.h"

#include "tests/support/catch.h"
#include "webhook/registry/digest.h"

namespace leangate::registry {

TEST_CASE("base64 goes both ways", "[registry]") {
  // RFC 4648 10
  const auto row = GENERATE(values<std::pair<std::string, std::string>>({
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  }));
  CHECK(encode_base64(row.first) == row.second);
  CHECK(decode_base64(row.second) == row.first);
}

TEST_CASE("base64 that isn't canonical is refused", "[registry]") {
  const std::string text =
      GENERATE("Z", "Zg=", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zg==Zg==", "====", "Z-==");
  CAPTURE(text);
  CHECK_FALSE(decode_base64(text));
}

TEST_CASE("text from outside is made printable", "[registry]") {
  CHECK(printable("a\r\nb\x1b[31m\xC3\xA9") == "a??b?[31m??");
  CHECK(printable(std::string(1000, 'x')).size() == 256);
}

TEST_CASE("digests are verified under their own algorithm", "[registry]") {
  const std::string sha256 =
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const std::string sha512 =
      "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
  CHECK(sha256_digest("abc") == sha256);
  CHECK(has_digest("abc", sha256));
  CHECK(has_digest("abc", sha512));
  CHECK_FALSE(has_digest("abd", sha256));
  CHECK_FALSE(has_digest("abd", sha512));
  CHECK_FALSE(has_digest("abc", "md5:900150983cd24fb0d6963f7d28e17f72"));
  CHECK_FALSE(has_digest("abc", ""));
}

}  // namespace leangate::registry
