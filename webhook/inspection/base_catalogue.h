// The base images whose layers we know: literal references of the policies and of the
// configuration, resolved through the inspector and refreshed from time to time.
#pragma once

#include <memory>
#include <vector>

#include "policy/image_reference.h"
#include "policy/reference_data.h"
#include "webhook/inspection/cache_store.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/support/clock.h"
#include "webhook/support/mutex.h"

namespace leangate::inspection {

// Safe from any thread.
class BaseCatalogue {
 public:
  // Begins with the bases that the store remembers, and tells it of every one that is seen; both
  // must outlive the catalogue, and `store` may be null. Blocks for the disk.
  explicit BaseCatalogue(ImageInspector& inspector, CacheStore* store = nullptr);

  // Looks all references up, every platform of each, and adds what it learns; what can't be read is
  // logged and left as it was. A digest seen once is not forgotten before 20,000 others were:
  // images built on last month's base must still be recognised. Blocks until the deadline at most.
  // True when every reference could be read.
  bool refresh(const std::vector<policy::ImageReference>& references, Deadline deadline)
      EXCLUDES(mutex_);

  std::shared_ptr<const policy::ReferenceData> snapshot() const EXCLUDES(mutex_);

 private:
  void add(std::vector<policy::KnownBase> bases) EXCLUDES(mutex_);

  ImageInspector& inspector_;
  CacheStore* store_;
  mutable Mutex mutex_;
  std::shared_ptr<const policy::ReferenceData> data_ GUARDED_BY(mutex_);
};

}  // namespace leangate::inspection
