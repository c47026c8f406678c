#include "policy/rules/layers.h"

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

TEST_CASE("layers are counted", "[policy][rules][layers]") {
  const ImageFacts facts = samples::image({1, 1, 1});
  CHECK(judge_layers({3, {}}, samples::platform_image(facts)).findings.empty());
  CHECK(judge_layers({}, samples::platform_image(facts)).findings.empty());
  const Judgement judgement = judge_layers({2, {}}, samples::platform_image(facts));
  REQUIRE(judgement.findings.size() == 1);
  CHECK(judgement.findings[0].check == "LayerCount");
  CHECK(judgement.findings[0].message == "3 layers, the limit is 2");
}

TEST_CASE("denied media types are found, each once", "[policy][rules][layers]") {
  const std::string tar = "application/vnd.oci.image.layer.v1.tar";
  ImageFacts facts = samples::image({1, 1, 1});
  CHECK(judge_layers({{}, {tar}}, samples::platform_image(facts)).findings.empty());
  facts.layers[1].media_type = tar;
  facts.layers[2].media_type = tar;
  const Judgement judgement =
      judge_layers({{}, {tar, "application/x"}}, samples::platform_image(facts));
  REQUIRE(judgement.findings.size() == 1);
  CHECK(judgement.findings[0].check == "LayerMediaType");
  CHECK(judgement.findings[0].layer->index == 2);
  CHECK(judgement.findings[0].message ==
        "layer 2 of 3 has the denied media type " + tar + " (as 2 layers have)");
}

}  // namespace leangate::policy
