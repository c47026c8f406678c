#include "webhook/inspection/base_catalogue.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "webhook/observability/logging.h"

namespace leangate::inspection {
namespace {

// About 1 KiB each: 20 MiB, years of rebuilds of a few hundred references.
constexpr std::ptrdiff_t kMaxBases = 20'000;
// Asked for at one time, so that refreshing leaves room for the lookups of pods.
constexpr std::size_t kBatch = 8;

bool is_known(const policy::ReferenceData& data, const policy::KnownBase& base) {
  return std::any_of(data.bases.begin(), data.bases.end(), [&](const policy::KnownBase& known) {
    return known.name == base.name && known.diff_ids == base.diff_ids &&
           known.layer_digests == base.layer_digests;
  });
}

std::vector<policy::KnownBase> bases_of(const policy::ImageReference& reference,
                                        const policy::ImageEvidence& evidence) {
  std::vector<policy::KnownBase> bases;
  for (const policy::ImageFacts& facts : evidence.platforms) {
    policy::KnownBase base;
    base.name = reference.str();
    for (const policy::LayerFacts& layer : facts.layers) {
      base.layer_digests.push_back(layer.digest);
    }
    if (facts.config) {
      base.diff_ids = facts.config->diff_ids;
    }
    // An image without layers would be the base of every other.
    if (!base.layer_digests.empty()) {
      bases.push_back(std::move(base));
    }
  }
  return bases;
}

InspectionRequest request_for(const policy::ImageReference& reference) {
  InspectionRequest request;
  request.reference = reference;
  request.platforms.all = true;
  return request;
}

}  // namespace

BaseCatalogue::BaseCatalogue(ImageInspector& inspector, CacheStore* store)
    : inspector_{inspector},
      store_{store},
      data_{std::make_shared<const policy::ReferenceData>(policy::ReferenceData{
          store != nullptr ? store->bases() : std::vector<policy::KnownBase>{}})} {}

bool BaseCatalogue::refresh(const std::vector<policy::ImageReference>& references,
                            Deadline deadline) {
  bool all_read = true;
  for (std::size_t begin = 0; begin < references.size(); begin += kBatch) {
    const std::size_t end = std::min(references.size(), begin + kBatch);
    std::vector<InspectionRequest> requests;
    for (std::size_t i = begin; i < end; ++i) {
      requests.push_back(request_for(references[i]));
    }
    const std::vector<Inspection> results = inspector_.inspect_all(requests, deadline);
    std::vector<policy::KnownBase> seen;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i]->failure) {
        all_read = false;
        observability::log_warn(
            "a base image could not be read",
            {{"image", references[begin + i].str()}, {"reason", results[i]->failure->detail}});
        continue;
      }
      for (policy::KnownBase& base : bases_of(references[begin + i], *results[i])) {
        if (store_ != nullptr) {
          store_->write(PutBase{base});
        }
        seen.push_back(std::move(base));
      }
    }
    add(std::move(seen));
  }
  return all_read;
}

void BaseCatalogue::add(std::vector<policy::KnownBase> bases) {
  MutexLock lock{mutex_};
  bases.erase(std::remove_if(bases.begin(),
                             bases.end(),
                             [this](const policy::KnownBase& base)
                                 REQUIRES(mutex_) { return is_known(*data_, base); }),
              bases.end());
  if (bases.empty()) {
    return;
  }
  auto data = std::make_shared<policy::ReferenceData>(*data_);
  std::move(bases.begin(), bases.end(), std::back_inserter(data->bases));
  if (std::ssize(data->bases) > kMaxBases) {
    data->bases.erase(data->bases.begin(), data->bases.end() - kMaxBases);
  }
  data_ = std::move(data);
}

std::shared_ptr<const policy::ReferenceData> BaseCatalogue::snapshot() const {
  MutexLock lock{mutex_};
  return data_;
}

}  // namespace leangate::inspection
