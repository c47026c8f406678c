#include "tests/fakes/corpus_images.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/fakes/fake_inspector.h"
#include "webhook/registry/image_config.h"

namespace leangate::fakes {

namespace {

constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

std::filesystem::path corpus_folder() {
  const char* set = std::getenv("LEANGATE_CORPUS");  // NOLINT(concurrency-mt-unsafe): one thread
  return set != nullptr ? set : LEANGATE_SOURCE_DIR "/../shared/corpus";
}

policy::ImageEvidence evidence_of(const std::string& name, registry::ImageConfigDocument document) {
  policy::ImageFacts facts;
  facts.manifest_digest = fake_digest(name);
  facts.platform = document.platform;
  for (std::size_t i = 0; i < document.config.diff_ids.size(); ++i) {
    facts.layers.push_back(
        {fake_digest(name + std::to_string(i)), kLayerType, 10'000'000 + 54'321 * i});
  }
  facts.config = std::move(document.config);
  policy::ImageEvidence evidence;
  evidence.digest = facts.manifest_digest;
  evidence.offered = {facts.platform};
  evidence.platforms.push_back(std::move(facts));
  return evidence;
}

}  // namespace

std::vector<CorpusImage> corpus_images() {
  std::vector<CorpusImage> images;
  std::error_code absent;
  for (const auto& entry :
       std::filesystem::directory_iterator{corpus_folder() / "configs", absent}) {
    std::ifstream stream{entry.path(), std::ios::binary};
    const std::string body{std::istreambuf_iterator<char>{stream}, {}};
    const std::string name = entry.path().filename().string();
    if (auto document = registry::read_image_config(body)) {
      images.push_back({name, evidence_of(name, *std::move(document))});
    }
  }
  std::sort(images.begin(), images.end(), [](const CorpusImage& a, const CorpusImage& b) {
    return a.name < b.name;
  });
  return images;
}

}  // namespace leangate::fakes
