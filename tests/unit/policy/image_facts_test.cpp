#include "policy/image_facts.h"

#include "tests/support/catch.h"

namespace leangate::policy {

TEST_CASE("a platform is written as os/architecture and its variant", "[policy]") {
  CHECK(Platform{"linux", "amd64", ""}.str() == "linux/amd64");
  CHECK(Platform{"linux", "arm", "v7"}.str() == "linux/arm/v7");
}

TEST_CASE("an image is as large as its layers together", "[policy]") {
  ImageFacts facts;
  CHECK(facts.compressed_bytes() == 0);
  facts.layers = {{"sha256:a", "tar", 3}, {"sha256:b", "tar", 4}};
  CHECK(facts.compressed_bytes() == 7);
}

}  // namespace leangate::policy
