#include "webhook/registry/platform.h"

#include "tests/support/catch.h"

namespace leangate::registry {

TEST_CASE("platforms have one spelling", "[registry]") {
  struct Row {
    policy::Platform given;
    std::string expected;
  };
  const auto row = GENERATE(values<Row>({
      {{"linux", "amd64", ""}, "linux/amd64"},
      {{"Linux", "x86_64", ""}, "linux/amd64"},
      {{"linux", "amd64", "v1"}, "linux/amd64"},
      {{"linux", "amd64", "v3"}, "linux/amd64/v3"},
      {{"linux", "aarch64", ""}, "linux/arm64"},
      {{"linux", "arm64", "v8"}, "linux/arm64"},
      {{"linux", "arm64", "8"}, "linux/arm64"},
      {{"linux", "arm64", "v9"}, "linux/arm64/v9"},
      {{"linux", "arm", ""}, "linux/arm/v7"},
      {{"linux", "arm", "6"}, "linux/arm/v6"},
      {{"linux", "armhf", ""}, "linux/arm/v7"},
      {{"linux", "armel", ""}, "linux/arm/v6"},
      {{"linux", "i386", ""}, "linux/386"},
      {{"macos", "arm64", ""}, "darwin/arm64"},
      {{"linux", "s390x", ""}, "linux/s390x"},
  }));
  CAPTURE(row.expected);

  CHECK(normalised(row.given).str() == row.expected);
}

TEST_CASE("a node runs its own platform and some others, in this order", "[registry]") {
  struct Row {
    policy::Platform node;
    policy::Platform image;
    int rank;  // -1: doesn't run
  };
  const auto row = GENERATE(values<Row>({
      {{"linux", "amd64", ""}, {"linux", "amd64", ""}, 0},
      {{"linux", "amd64", ""}, {"linux", "386", ""}, 1},
      {{"linux", "amd64", ""}, {"linux", "amd64", "v2"}, -1},
      {{"linux", "amd64", "v3"}, {"linux", "amd64", "v2"}, 1},
      {{"linux", "amd64", "v3"}, {"linux", "amd64", ""}, 2},
      {{"linux", "amd64", ""}, {"windows", "amd64", ""}, -1},
      {{"linux", "amd64", ""}, {"linux", "arm64", ""}, -1},
      {{"linux", "386", ""}, {"linux", "amd64", ""}, -1},
      {{"linux", "arm64", ""}, {"linux", "arm", "v8"}, 1},
      {{"linux", "arm64", ""}, {"linux", "arm", "v7"}, 2},
      {{"linux", "arm64", ""}, {"linux", "arm", "v5"}, 4},
      {{"linux", "arm64", "v9"}, {"linux", "arm64", ""}, 1},
      {{"linux", "arm", "v7"}, {"linux", "arm", "v6"}, 1},
      {{"linux", "arm", "v6"}, {"linux", "arm", "v7"}, -1},
      {{"linux", "arm", "v7"}, {"linux", "arm64", ""}, -1},
      {{"linux", "s390x", ""}, {"linux", "s390x", ""}, 0},
  }));
  CAPTURE(row.node.str(), row.image.str());

  CHECK(platform_rank(row.node, row.image).value_or(-1) == row.rank);
}

}  // namespace leangate::registry
