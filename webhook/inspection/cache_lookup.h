// The steps of a lookup that memory can't answer: the cheapest question to the registry that still
// tells the truth.
#pragma once

#include <optional>
#include <string>

#include "webhook/inspection/cache_key.h"
#include "webhook/inspection/cache_memory.h"
#include "webhook/inspection/cache_store.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/support/clock.h"

namespace leangate::inspection {

// Runs on a lookup thread, since it waits for registries and for the disk, and fills memory and
// store. Safe from any thread.
class CachedLookup {
 public:
  // All must outlive it; `store` may be null.
  CachedLookup(ImageInspector& inner, TagResolver& resolver, CacheMemory& memory, CacheStore* store)
      : inner_{inner}, resolver_{resolver}, memory_{memory}, store_{store} {}

  // Facts or a failure; never null. Costs nothing where facts and a trusted name are at hand, one
  // TagResolver::resolve where only the name has to be confirmed, else an inspection: by tag where
  // nothing is known of it, since that resolves and reads in one request.
  Inspection run(const InspectionRequest& request, const RequestKeys& keys, Deadline deadline);

 private:
  struct Asked {
    const InspectionRequest& request;
    const RequestKeys& keys;
    Deadline deadline;
  };

  Inspection look_up(const Asked& asked);
  Inspection revalidate(const Asked& asked, const std::string& expected, const Inspection& facts);
  Inspection inspect(const Asked& asked, const InspectionRequest& request);
  Inspection inspect_by_digest(const Asked& asked, const std::string& digest);

  // From memory, else from the store into memory.
  std::optional<Confirmation> confirmation(const Asked& asked);
  Inspection facts(const InspectionRequest& request, const std::string& digest);

  void confirm(const Asked& asked, const std::string& digest);
  void forget(const Asked& asked);
  void remember(const InspectionRequest& request, const Inspection& result);

  ImageInspector& inner_;
  TagResolver& resolver_;
  CacheMemory& memory_;
  CacheStore* store_;
};

}  // namespace leangate::inspection
