// Which registries appear by name in a label: a client chooses the hosts that its images name, and
// every name would be a time series for ever.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "webhook/support/mutex.h"

namespace leangate::observability {

// Safe from any thread.
class RegistryNames {
 public:
  // A configured host; keeps its name always.
  void add(std::string_view host) EXCLUDES(mutex_);

  // The host itself where it is configured or among the first 50 that answered, else "other".
  std::string label(std::string_view host, bool answered) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::set<std::string, std::less<>> configured_ GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> seen_ GUARDED_BY(mutex_);
};

}  // namespace leangate::observability
