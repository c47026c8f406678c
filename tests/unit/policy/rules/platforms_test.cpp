#include "policy/rules/platforms.h"

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

TEST_CASE("required platforms are met or named", "[policy][rules][platforms]") {
  struct Case {
    std::string name;
    std::vector<Platform> required;
    std::vector<Platform> offered;
    std::string message;  // empty: met
  };
  const Platform amd64{"linux", "amd64", ""};
  const Platform arm64{"linux", "arm64", ""};
  const Platform arm64v8{"linux", "arm64", "v8"};
  const Platform armv6{"linux", "arm", "v6"};
  const Platform armv7{"linux", "arm", "v7"};
  const auto row = GENERATE_COPY(values<Case>({
      {"all there", {amd64, arm64}, {arm64, amd64}, ""},
      {"any variant will do", {arm64}, {arm64v8}, ""},
      {"the variant that the name implies", {arm64v8}, {arm64}, ""},
      {"one lacks", {amd64, arm64}, {amd64}, "isn't built for linux/arm64; it offers linux/amd64"},
      {"another variant", {armv7}, {armv6}, "isn't built for linux/arm/v7; it offers linux/arm/v6"},
      {"another system",
       {{"windows", "amd64", ""}},
       {amd64},
       "isn't built for windows/amd64; it offers linux/amd64"},
      {"nothing offered", {amd64}, {}, "isn't built for linux/amd64; it offers no platform"},
      {"nothing required", {}, {}, ""},
  }));
  CAPTURE(row.name);
  const Judgement judgement = judge_platforms({row.required}, row.offered);
  CHECK((judgement.findings.empty() ? "" : judgement.findings[0].message) == row.message);
}

}  // namespace leangate::policy
