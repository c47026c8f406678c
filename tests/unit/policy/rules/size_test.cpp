#include "policy/rules/size.h"

#include "policy/rules/culprit.h"
#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

using samples::kMiB;

TEST_CASE("an image up to the limit is within it", "[policy][rules][size]") {
  const ImageFacts facts = samples::image({300 * kMiB, 200 * kMiB});
  CHECK(judge_size({500 * kMiB, 300 * kMiB}, samples::platform_image(facts)).findings.empty());
  CHECK(judge_size({}, samples::platform_image(facts)).findings.empty());
  CHECK(judge_size({0, 0}, samples::platform_image(samples::image({}))).findings.empty());
}

TEST_CASE("an image over the limit is blamed on its largest layer", "[policy][rules][size]") {
  ImageFacts facts = samples::image({100 * kMiB, 1659 * kMiB, 607 * kMiB});
  facts.config->history[1].created_by = "RUN /bin/sh -c pip install -r requirements.txt # buildkit";
  const Judgement judgement = judge_size({500 * kMiB, {}}, samples::platform_image(facts));
  REQUIRE(judgement.findings.size() == 1);
  const Observation& finding = judgement.findings[0];
  CHECK(finding.check == "TotalCompressedSize");
  CHECK(finding.message ==
        "2.31 GiB compressed, 4.7 times the limit of 500 MiB. Layer 2 of 3 alone is 1.62 GiB: RUN "
        "pip install -r requirements.txt");
  CHECK(finding.observed == "2.31 GiB");
  CHECK(finding.allowed == "500 MiB");
  CHECK(finding.layer->index == 2);
  CHECK(finding.layer->digest == "sha256:layer2");
  CHECK(finding.remedy.find("--no-cache-dir") != std::string::npos);
}

TEST_CASE("layers over their own limit are one finding, on the largest", "[policy][rules][size]") {
  const ImageFacts two = samples::image({300 * kMiB, 10 * kMiB, 2600 * kMiB});
  const Judgement judgement = judge_size({{}, 250 * kMiB}, samples::platform_image(two));
  REQUIRE(judgement.findings.size() == 1);
  CHECK(judgement.findings[0].check == "LayerCompressedSize");
  CHECK(judgement.findings[0].layer->index == 3);
  CHECK(judgement.findings[0].message ==
        "layer 3 of 3 is 2.54 GiB compressed, 10 times the limit of 250 MiB for one layer, and 1 "
        "more layer is over it: RUN step 3");

  const auto message = [](const ImageFacts& facts) {
    return judge_size({{}, 250 * kMiB}, samples::platform_image(facts)).findings.at(0).message;
  };
  CHECK(message(samples::image({300 * kMiB, 1})) ==
        "layer 1 of 2 is 300 MiB compressed, 1.2 times the limit of 250 MiB for one layer: RUN "
        "step 1");
  CHECK(message(samples::image({300 * kMiB, 300 * kMiB, 300 * kMiB}))
            .find(" for one layer, and 2 more layers are over it: RUN step 1") !=
        std::string::npos);
}

TEST_CASE("a history that can't name the instruction is said to", "[policy][rules][size]") {
  ImageFacts facts = samples::image({2 * kMiB});
  facts.config->history.pop_back();
  const auto message = [&] {
    return judge_size({kMiB, {}}, samples::platform_image(facts)).findings.at(0).message;
  };
  CHECK(message().find("(its history doesn't say which instruction made it)") != std::string::npos);
  facts.config->history = {{"/bin/sh -c make", "FROM debian:13", true}, {"CMD x", "", false}};
  CHECK(message().find(", made by several instructions at once, the first: RUN make") !=
        std::string::npos);
}

TEST_CASE("both numbers of a narrow miss can be told apart", "[policy][rules][size]") {
  CHECK(over_limit("x", 105, 100) == "x, 1.1 times the limit of 100 B");
  CHECK(over_limit("x", 104, 100) == "x, over the limit of 100 B");
  CHECK(over_limit("x", 1, 0) == "x, over the limit of 0 B");
  const ImageFacts facts = samples::image({500 * kMiB + 1});
  const auto judgement = judge_size({500 * kMiB, {}}, samples::platform_image(facts));
  CHECK(judgement.findings.at(0).message.find(
            "524288001 bytes compressed, over the limit of 524288000 bytes.") == 0);
}

TEST_CASE("advice fits what the instruction shows", "[policy][rules][size]") {
  struct Case {
    std::string instruction;
    std::string word;
  };
  const auto row = GENERATE(values<Case>({
      {"RUN pip install torch", "--no-cache-dir"},
      {"RUN apt-get update && apt-get install -y gcc",
       "compilers and -dev packages in a build stage"},
      {"RUN apt-get update && apt-get install -y curl", "--no-install-recommends"},
      {"RUN conda install pytorch", "conda clean"},
      {"COPY . /app", ".dockerignore"},
      {"COPY dir:abc in /app", ".dockerignore"},
      {"COPY weights.safetensors /m", "mount"},
      {"COPY bin /bin", "copy only what runs"},
      {"RUN chown -R app /app", "COPY --chown"},
      {"bazel build ...", "multi-stage"},
      {"", "slim base"},
  }));
  CAPTURE(row.instruction);
  CulpritLayer culprit;
  culprit.instruction = row.instruction;
  CHECK(advice_for(culprit).find(row.word) != std::string::npos);
}

}  // namespace leangate::policy
