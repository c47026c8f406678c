#include "policy/rule_catalogue.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "tests/support/catch.h"

namespace leangate::policy {

TEST_CASE("every check is told whole and by a name of its own", "[policy][rule_catalogue]") {
  std::set<std::string_view> names;
  for (const CheckDescription& check : check_catalogue()) {
    CAPTURE(check.name);
    CHECK(names.insert(check.name).second);
    CHECK(std::isupper(static_cast<unsigned char>(check.name.front())) != 0);
    CHECK(std::all_of(check.name.begin(), check.name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0;
    }));
    for (const std::string_view text : {check.id,
                                        check.rule_kind,
                                        check.field,
                                        check.title,
                                        check.rationale,
                                        check.precision,
                                        check.remedy}) {
      CHECK_FALSE(text.empty());
    }
    CHECK(find_check(check.name) == &check);
  }
  CHECK(find_check("NoSuchCheck") == nullptr);
  CHECK(find_check("") == nullptr);
}

TEST_CASE("the catalogue holds every check that rules use", "[policy][rule_catalogue]") {
  const auto name = GENERATE(as<std::string>{},
                             "TotalCompressedSize",
                             "LayerCompressedSize",
                             "LayerCount",
                             "LayerMediaType",
                             "BaseAllowed",
                             "BaseDenied",
                             "BaseUnknown",
                             "RootUser",
                             "RequiredLabel",
                             "ConfigUnknown",
                             "DigestRequired",
                             "DeniedTag",
                             "RegistryAllowed",
                             "RequiredPlatform",
                             "LookupFailed");
  CAPTURE(name);
  CHECK(find_check(name) != nullptr);
  CHECK(check_catalogue().size() == 15);
}

}  // namespace leangate::policy
