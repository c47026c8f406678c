// What survives a restart: facts by digest, what tags named, and every base image ever seen, in one
// SQLite file of the directory that the operator gave.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "policy/reference_data.h"
#include "webhook/inspection/cache_tables.h"
#include "webhook/support/clock.h"
#include "webhook/support/mutex.h"

namespace leangate::inspection {

// Nothing here is needed to be right: whatever can't be read or written costs a question to a
// registry, no more, and is logged once. A file that turns out to be damaged is left where it is
// for the operator to look at, and a new one begun beside it; of such files the last is kept.
// Several processes may share a directory. Safe from any thread.
class CacheStore {
 public:
  // Null, and logged, when the directory can't be used. Makes the directory itself where only that
  // is missing. The clock must outlive the store.
  static std::unique_ptr<CacheStore> open(const std::string& directory,
                                          const TableLimits& limits,
                                          const Clock& clock);
  // Writes what waits to be written.
  ~CacheStore();
  CacheStore(const CacheStore&) = delete;
  CacheStore& operator=(const CacheStore&) = delete;

  // These block for the disk, so they are for lookup threads and the start of the process.
  std::optional<std::string> facts(const std::string& key) EXCLUDES(read_mutex_) EXCLUDES(mutex_);
  std::optional<StoredTag> tag(const std::string& name_key) EXCLUDES(read_mutex_) EXCLUDES(mutex_);
  std::vector<policy::KnownBase> bases() EXCLUDES(read_mutex_) EXCLUDES(mutex_);

  // Hands the change to the thread that writes ("cache-writer"); dropped when that falls behind.
  void write(TableChange change) EXCLUDES(mutex_);
  // Keys of names hold who asks: on disk there is their hash.
  static std::string tag_key(const std::string& name_key);

  // Blocks until all that was handed over is written, or given up.
  void flush() EXCLUDES(mutex_);

 private:
  using Tables = std::unique_ptr<CacheTables>;

  CacheStore(std::string directory, const TableLimits& limits, const Clock& clock)
      : directory_{std::move(directory)}, limits_{limits}, clock_{clock} {}

  bool open_files(int at_least) EXCLUDES(read_mutex_);
  template <typename Get>
  auto read(Get get) EXCLUDES(read_mutex_) EXCLUDES(mutex_);
  void run() EXCLUDES(mutex_) EXCLUDES(read_mutex_);
  bool write_batch(const std::vector<TableChange>& batch) EXCLUDES(mutex_) EXCLUDES(read_mutex_);
  void mend() EXCLUDES(mutex_) EXCLUDES(read_mutex_);
  void note(const DatabaseFailure& failure) EXCLUDES(mutex_);

  const std::string directory_;
  const TableLimits limits_;
  const Clock& clock_;

  // The start's, then the writer's own.
  Tables writer_;
  int generation_ = 0;  // of the file
  int times_mended_ = 0;

  Mutex read_mutex_;
  Tables reader_ GUARDED_BY(read_mutex_);  // null where there is no usable file

  Mutex mutex_;
  ConditionVariable changed_;
  std::vector<TableChange> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  bool is_writing_ GUARDED_BY(mutex_) = false;
  bool is_damaged_ GUARDED_BY(mutex_) = false;  // and the writer hasn't mended it yet
  bool has_complained_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace leangate::inspection
