#include "webhook/inspection/base_catalogue.h"

#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

// One platform with one layer, named by the caller; fails for tag "gone".
class FakeInspector final : public ImageInspector {
 public:
  std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>& requests,
                                      Deadline) override {
    std::vector<Inspection> results;
    for (const InspectionRequest& request : requests) {
      CHECK(request.platforms.all);
      auto evidence = std::make_shared<policy::ImageEvidence>();
      if (request.reference.tag == "gone") {
        evidence->failure =
            policy::LookupFailure{policy::LookupFailureKind::Timeout, "late", "late"};
      } else {
        policy::ImageFacts facts;
        if (!layer.empty()) {
          facts.layers.push_back({layer, "", 1});
        }
        facts.config.emplace();
        facts.config->diff_ids = {"diff of " + layer};
        evidence->platforms.push_back(facts);
      }
      results.push_back(evidence);
    }
    return results;
  }

  std::string layer = "one";
};

policy::ImageReference reference_to(const std::string& tag) {
  policy::ImageReference reference;
  reference.domain = "r.example";
  reference.path = "base";
  reference.tag = tag;
  return reference;
}

}  // namespace

TEST_CASE("the catalogue learns bases and forgets none", "[inspection]") {
  FakeInspector inspector;
  BaseCatalogue catalogue{inspector};
  const auto before = catalogue.snapshot();
  CHECK(before->bases.empty());

  catalogue.refresh({reference_to("gone"), reference_to("1")},
                    deadline_in(std::chrono::seconds{1}));
  catalogue.refresh({reference_to("1")}, deadline_in(std::chrono::seconds{1}));
  REQUIRE(catalogue.snapshot()->bases.size() == 1);
  CHECK(catalogue.snapshot()->bases[0].name == "r.example/base:1");
  CHECK(catalogue.snapshot()->bases[0].layer_digests == std::vector<std::string>{"one"});
  CHECK(catalogue.snapshot()->bases[0].diff_ids == std::vector<std::string>{"diff of one"});

  inspector.layer = "two";
  catalogue.refresh({reference_to("1")}, deadline_in(std::chrono::seconds{1}));
  CHECK(catalogue.snapshot()->bases.size() == 2);
  CHECK(before->bases.empty());  // a snapshot stays as it is
}

TEST_CASE("an image without layers is nobody's base", "[inspection]") {
  FakeInspector inspector;
  inspector.layer.clear();
  BaseCatalogue catalogue{inspector};
  catalogue.refresh({reference_to("1")}, deadline_in(std::chrono::seconds{1}));
  CHECK(catalogue.snapshot()->bases.empty());
}

}  // namespace leangate::inspection
