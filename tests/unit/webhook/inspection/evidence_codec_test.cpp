#include "webhook/inspection/evidence_codec.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tests/fakes/corpus_images.h"
#include "tests/fakes/fake_inspector.h"
#include "tests/support/catch.h"

namespace leangate::inspection {
namespace {

// Something in every member, and what digests may look like.
policy::ImageEvidence full_evidence() {
  policy::ImageEvidence evidence;
  evidence.digest = fakes::fake_digest("index");
  evidence.offered = {{"linux", "amd64", ""}, {"linux", "arm", "v7"}};
  policy::ImageFacts facts;
  facts.manifest_digest = "sha512:" + std::string(128, 'a');
  facts.platform = {"linux", "arm", "v7"};
  facts.layers = {{fakes::fake_digest("layer"), "type", 0},
                  {"sha256:too-short", "", 1},
                  {fakes::fake_digest("other"), std::string(300, 't'), UINT64_MAX}};
  facts.annotations = {{"a", "b"}, {"", std::string("\0\xff", 2)}};
  policy::ImageConfig config;
  config.user = "10001:10001";
  config.env = {"PATH=/bin", ""};
  config.labels = {{"key", std::string(4'000, 'v')}};
  config.created = policy::Instant{std::chrono::seconds{-62'135'596'800}};  // the year 1
  config.diff_ids = {fakes::fake_digest("diff")};
  config.history = {{"RUN make", "buildkit", false}, {"", "", true}};
  facts.config = std::move(config);
  evidence.platforms = {facts, policy::ImageFacts{}};
  return evidence;
}

bool same_config(const policy::ImageConfig& a, const policy::ImageConfig& b) {
  return a.user == b.user && a.env == b.env && a.labels == b.labels && a.created == b.created &&
         a.diff_ids == b.diff_ids &&
         std::equal(a.history.begin(),
                    a.history.end(),
                    b.history.begin(),
                    b.history.end(),
                    [](const policy::HistoryEntry& x, const policy::HistoryEntry& y) {
                      return x.created_by == y.created_by && x.comment == y.comment &&
                             x.empty_layer == y.empty_layer;
                    });
}

bool same_facts(const policy::ImageFacts& a, const policy::ImageFacts& b) {
  return a.manifest_digest == b.manifest_digest && a.platform == b.platform &&
         a.annotations == b.annotations && a.config.has_value() == b.config.has_value() &&
         (!a.config || same_config(*a.config, *b.config)) &&
         std::equal(a.layers.begin(),
                    a.layers.end(),
                    b.layers.begin(),
                    b.layers.end(),
                    [](const policy::LayerFacts& x, const policy::LayerFacts& y) {
                      return x.digest == y.digest && x.media_type == y.media_type &&
                             x.compressed_bytes == y.compressed_bytes;
                    });
}

bool same(const policy::ImageEvidence& a, const policy::ImageEvidence& b) {
  return a.digest == b.digest && a.offered == b.offered &&
         std::equal(a.platforms.begin(),
                    a.platforms.end(),
                    b.platforms.begin(),
                    b.platforms.end(),
                    same_facts);
}

}  // namespace

TEST_CASE("evidence comes out of its bytes as it went in", "[inspection][codec]") {
  for (const policy::ImageEvidence& evidence : {policy::ImageEvidence{}, full_evidence()}) {
    const auto bytes = encode_evidence(evidence);
    REQUIRE(bytes);
    const auto decoded = decode_evidence(*bytes);
    REQUIRE(decoded);
    CHECK(same(*decoded, evidence));
    CHECK(encode_evidence(*decoded) == bytes);
  }
}

TEST_CASE("a failure has no bytes", "[inspection][codec]") {
  policy::ImageEvidence evidence;
  evidence.failure = policy::LookupFailure{};
  CHECK_FALSE(encode_evidence(evidence));
}

TEST_CASE("bytes that were cut or changed are never read as something else",
          "[inspection][codec]") {
  const std::string bytes = encode_evidence(full_evidence()).value();
  int refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CAPTURE(i);
    CHECK_FALSE(decode_evidence(bytes.substr(0, i)));
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    // Some bits decide only which of two equal texts is copied.
    const auto decoded = decode_evidence(changed);
    CHECK((!decoded || same(*decoded, full_evidence())));
    refused += decoded ? 0 : 1;
  }
  CHECK(refused > static_cast<int>(bytes.size()) * 9 / 10);
  CHECK_FALSE(decode_evidence(""));
  CHECK_FALSE(decode_evidence(std::string(100, '\xff')));
  CHECK_FALSE(decode_evidence(std::string("\x01\x80\x80\x80\x80\x7f", 6) + bytes.substr(3)));
}

TEST_CASE("an ordinary image takes at most 4 KiB packed", "[inspection][codec]") {
  const std::vector<fakes::CorpusImage> images = fakes::corpus_images();
  if (images.empty()) {
    WARN("skipped: the corpus of real images is absent");
    return;
  }
  std::vector<std::size_t> sizes;
  for (const fakes::CorpusImage& image : images) {
    CAPTURE(image.name);
    const std::string bytes = encode_evidence(image.evidence).value();
    const auto decoded = decode_evidence(bytes);
    REQUIRE(decoded);
    CHECK(same(*decoded, image.evidence));
    sizes.push_back(bytes.size());
  }
  std::sort(sizes.begin(), sizes.end());
  CHECK(sizes[sizes.size() * 9 / 10] <= 4'096);
}

}  // namespace leangate::inspection
