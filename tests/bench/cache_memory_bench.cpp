// What a remembered image costs: bytes of heap, measured over ten thousand of them with the real
// configs of the corpus, and the time of packing, unpacking and of a hit.
#include <malloc.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "tests/fakes/corpus_images.h"
#include "tests/fakes/fake_inspector.h"
#include "webhook/inspection/cache_facts.h"
#include "webhook/inspection/cache_memory.h"
#include "webhook/inspection/evidence_codec.h"
#include "webhook/inspection/evidence_size.h"

namespace {

using namespace leangate;
using inspection::Inspection;

constexpr std::size_t kImages = 10'000;

// What malloc has handed out, its own headers included.
std::size_t heap() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// The corpus again and again, every image with digests of its own.
policy::ImageEvidence image(const std::vector<fakes::CorpusImage>& corpus, std::size_t number) {
  policy::ImageEvidence evidence = corpus[number % corpus.size()].evidence;
  const std::string prefix = std::to_string(number) + ":";
  evidence.digest = fakes::fake_digest(prefix);
  policy::ImageFacts& facts = evidence.platforms.front();
  facts.manifest_digest = evidence.digest;
  for (std::size_t i = 0; i < facts.layers.size(); ++i) {
    facts.layers[i].digest = fakes::fake_digest(prefix + std::to_string(i));
    facts.config->diff_ids[i] = fakes::fake_digest(prefix + "diff" + std::to_string(i));
  }
  return evidence;
}

std::string key(const policy::ImageEvidence& evidence) {
  return evidence.digest + "|11:linux/amd64|1";
}

// Heap an image, of whatever `keep` holds on to for each of them.
std::size_t heap_each(const std::vector<fakes::CorpusImage>& corpus,
                      const std::function<void(policy::ImageEvidence)>& keep) {
  const std::size_t before = heap();
  for (std::size_t i = 0; i < kImages; ++i) {
    keep(image(corpus, i));
  }
  return (heap() - before) / kImages;
}

double microseconds_each(const std::function<void(std::size_t)>& call) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kImages; ++i) {
    call(i);
  }
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  return took.count() / static_cast<double>(kImages);
}

void print_memory(const std::vector<fakes::CorpusImage>& corpus) {
  std::vector<Inspection> unpacked;
  unpacked.reserve(kImages);
  std::size_t estimate = 0;
  const std::size_t unpacked_heap = heap_each(corpus, [&](policy::ImageEvidence evidence) {
    estimate += inspection::memory_of(evidence);
    unpacked.push_back(std::make_shared<const policy::ImageEvidence>(std::move(evidence)));
  });
  unpacked.clear();

  inspection::FactsCache packed{std::size_t{1} << 30, 0};
  std::size_t bytes = 0;
  const std::size_t packed_heap = heap_each(corpus, [&](const policy::ImageEvidence& evidence) {
    auto shared =
        std::make_shared<const std::string>(inspection::encode_evidence(evidence).value());
    bytes += shared->size();
    packed.put(key(evidence), std::move(shared));
  });
  fmt::print(
      "| an image of the corpus ({} configs), {} of them | bytes |\n|---|---|\n"
      "| as it is used: heap | {} |\n| as it is used: counted | {} |\n"
      "| packed: its bytes | {} |\n| packed, with key and bookkeeping: heap | {} |\n"
      "| packed, with key and bookkeeping: counted | {} |\n\n",
      corpus.size(),
      kImages,
      unpacked_heap,
      estimate / kImages,
      bytes / kImages,
      packed_heap,
      packed.bytes() / kImages);
}

void print_whole_cache(const std::vector<fakes::CorpusImage>& corpus) {
  const inspection::CachingOptions options;
  observability::Metrics metrics;
  const SystemClock clock;
  const std::size_t before = heap();
  inspection::CacheMemory memory{options, metrics, clock};
  const auto request_for = [](const std::string& digest) {
    inspection::InspectionRequest request;
    request.reference.domain = "registry.example";
    request.reference.path = "team/app";
    request.reference.digest = digest;
    request.platforms.platforms = {{"linux", "amd64", ""}};
    return request;
  };
  for (std::size_t i = 0; i < 4 * kImages; ++i) {
    const policy::ImageEvidence evidence = image(corpus, i);
    const auto request = request_for(evidence.digest);
    memory.confirm(request, inspection::keys_of(request), evidence.digest);
    memory.put_facts(inspection::facts_key(request, evidence.digest, request.level),
                     std::make_shared<const policy::ImageEvidence>(evidence),
                     inspection::encode_evidence(evidence).value());
  }
  fmt::print("a full cache of {} MiB takes {} MiB of heap\n\n",
             options.max_bytes >> 20,
             (heap() - before) >> 20);

  const auto hot = request_for(fakes::fake_digest(std::to_string(4 * kImages - 1) + ":"));
  const double hit = microseconds_each([&](std::size_t) {
    const auto keys = inspection::keys_of(hot);
    if (memory.recall(hot, keys).answer == nullptr) {
      std::abort();
    }
  });
  std::vector<std::string> packed;
  const double packing = microseconds_each([&](std::size_t i) {
    packed.push_back(inspection::encode_evidence(corpus[i % corpus.size()].evidence).value());
  });
  const double unpacking = microseconds_each([&](std::size_t i) {
    if (!inspection::decode_evidence(packed[i])) {
      std::abort();
    }
  });
  fmt::print(
      "| | microseconds |\n|---|---|\n| a hit | {:.2f} |\n| unpacking | {:.1f} |\n"
      "| packing | {:.1f} |\n",
      hit,
      unpacking,
      packing);
}

}  // namespace

int main() {
  const std::vector<fakes::CorpusImage> corpus = fakes::corpus_images();
  if (corpus.empty()) {
    fmt::print("skipped: the corpus of real images is absent\n");
    return 0;
  }
  print_memory(corpus);
  print_whole_cache(corpus);
}
