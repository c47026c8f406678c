#include "policy/image_facts.h"

#include <string>

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

TEST_CASE("a platform is read and normalised as containerd does", "[policy]") {
  struct Row {
    std::string text;
    std::string normalised;
  };
  const auto row = GENERATE(values<Row>({
      {"linux/amd64", "linux/amd64"},       {"linux/x86_64", "linux/amd64"},
      {"Linux/X86-64", "linux/amd64"},      {"linux/amd64/v1", "linux/amd64"},
      {"linux/amd64/v3", "linux/amd64/v3"}, {"linux/arm64", "linux/arm64"},
      {"linux/aarch64", "linux/arm64"},     {"linux/arm64/v8", "linux/arm64"},
      {"linux/arm64/8", "linux/arm64"},     {"linux/arm64/v9", "linux/arm64/v9"},
      {"linux/arm", "linux/arm/v7"},        {"linux/arm/7", "linux/arm/v7"},
      {"linux/arm/v6", "linux/arm/v6"},     {"linux/arm/5", "linux/arm/v5"},
      {"linux/armhf", "linux/arm/v7"},      {"linux/armhf/v6", "linux/arm/v7"},
      {"linux/armel", "linux/arm/v6"},      {"linux/armel/v7", "linux/arm/v6"},
      {"linux/i386", "linux/386"},          {"linux/ppc64le", "linux/ppc64le"},
      {"windows/amd64", "windows/amd64"},   {"macOS/arm64", "darwin/arm64"},
  }));
  DYNAMIC_SECTION(row.text) {
    const auto platform = parse_platform(row.text);
    REQUIRE(platform);
    CHECK(platform->str() == row.normalised);
    CHECK(normalise(*platform) == *platform);
  }
}

TEST_CASE("what is no platform is refused", "[policy]") {
  const auto text = GENERATE(as<std::string>{},
                             "",
                             "linux",
                             "amd64",
                             "linux/",
                             "/amd64",
                             "linux//v7",
                             "linux/arm/",
                             "linux/arm/v7/x",
                             "linux/*",
                             "linux/amd64 ",
                             "linux/" + std::string(64, 'a'));
  DYNAMIC_SECTION('"' << text << '"') {
    CHECK_FALSE(parse_platform(text));
  }
}

}  // namespace leangate::policy
