// The policies in force: one immutable snapshot at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/document_tree.h"
#include "policy/policy_document.h"
#include "policy/result.h"
#include "webhook/support/mutex.h"

namespace leangate::policies {

using Snapshot = std::shared_ptr<const policy::PolicySet>;

// Reads sources as --policies takes them: a file, a directory (its *.yaml, *.yml, *.json, by name),
// or builtin:NAME. No source at all means builtin:baseline. All mistakes of all sources are
// returned.
Result<Snapshot, std::vector<policy::Mistake>> load_policies(
    const std::vector<std::string>& sources);

// Safe from any thread.
class PolicyStore {
 public:
  explicit PolicyStore(Snapshot snapshot) : snapshot_{std::move(snapshot)} {}

  Snapshot snapshot() const EXCLUDES(mutex_);
  void replace(Snapshot snapshot) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Snapshot snapshot_ GUARDED_BY(mutex_);
};

}  // namespace leangate::policies
