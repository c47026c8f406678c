#include "webhook/inspection/cache_store.h"

#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "webhook/observability/logging.h"
#include "webhook/registry/digest.h"

namespace leangate::inspection {
namespace {

namespace fs = std::filesystem;
using observability::log_error;
using observability::log_warn;

// What may wait for the writer: a rollout's worth. A disk that is slower than that is no help.
constexpr std::size_t kMaxQueuedBytes = 8u << 20;
constexpr std::size_t kMaxQueued = 4'096;
// A directory whose files are damaged again and again is on a disk that should not be used.
constexpr int kMostMended = 3;

// Files are numbered: one that another process still has open is never renamed or deleted under it,
// which SQLite would not survive; the next number is begun instead.
constexpr std::string_view kPrefix = "lookups-";
constexpr std::string_view kSuffix = ".db";

std::string file_of(const std::string& directory, int generation) {
  return (fs::path{directory} /
          (std::string{kPrefix} + std::to_string(generation) + std::string{kSuffix}))
      .string();
}

// The number in "lookups-7.db"; 0 for every other name.
int generation_of(const std::string& name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) ||
      name.size() <= kPrefix.size() + kSuffix.size()) {
    return 0;
  }
  const char* begin = name.data() + kPrefix.size();
  const char* end = name.data() + name.size() - kSuffix.size();
  int generation = 0;
  const auto [rest, error] = std::from_chars(begin, end, generation);
  return error == std::errc{} && rest == end && generation > 0 ? generation : 0;
}

std::vector<int> generations_in(const std::string& directory) {
  std::vector<int> generations;
  std::error_code failed;
  for (fs::directory_iterator entry{directory, failed}, end; !failed && entry != end;
       entry.increment(failed)) {
    if (const int generation = generation_of(entry->path().filename().string()); generation > 0) {
      generations.push_back(generation);
    }
  }
  return generations;
}

void remove_files(const std::string& directory, int generation) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    fs::remove(file_of(directory, generation) + suffix, ignored);
  }
}

// What could not even be begun must not be taken for the newest at the next start.
void remove_if_empty(const std::string& directory, int generation) {
  std::error_code failed;
  if (fs::file_size(file_of(directory, generation), failed) == 0 && !failed) {
    remove_files(directory, generation);
  }
}

std::size_t bytes_of(const TableChange& change) {
  const auto* facts = std::get_if<PutFacts>(&change);
  return sizeof(change) + (facts != nullptr ? facts->packed.size() : 0);
}

}  // namespace

std::unique_ptr<CacheStore> CacheStore::open(const std::string& directory,
                                             const TableLimits& limits,
                                             const Clock& clock) {
  ::mkdir(directory.c_str(), 0700);  // whatever it says: opening a file in it tells more
  std::unique_ptr<CacheStore> store{new CacheStore{directory, limits, clock}};
  if (!store->open_files(1)) {
    return nullptr;
  }
  store->thread_ = std::thread{[raw = store.get()] { raw->run(); }};
  return store;
}

CacheStore::~CacheStore() {
  {
    MutexLock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

// The newest file; where that is of no use, a new one after it.
bool CacheStore::open_files(int at_least) {
  const std::vector<int> found = generations_in(directory_);
  const auto newest = std::max_element(found.begin(), found.end());
  generation_ = std::max(at_least, newest != found.end() ? *newest : 0);
  for (const bool is_last : {false, true}) {
    const std::string file = file_of(directory_, generation_);
    auto writer = CacheTables::open(file, limits_);
    auto reader = writer ? CacheTables::open(file, limits_) : Failure{writer.error()};
    if (reader) {
      for (const int generation : found) {
        if (generation < generation_ - 1) {
          remove_files(directory_, generation);
        }
      }
      writer_ = *std::move(writer);
      MutexLock lock{read_mutex_};
      reader_ = *std::move(reader);
      return true;
    }
    log_warn("a file of the cache is of no use", {{"file", file}, {"why", reader.error().what}});
    if (is_last) {
      remove_if_empty(directory_, generation_);
    } else {
      ++generation_;
    }
  }
  log_error("the cache directory is of no use, nothing will survive a restart",
            {{"directory", directory_}});
  return false;
}

template <typename Get>
auto CacheStore::read(Get get) {
  using Read = std::decay_t<decltype(*get(*reader_))>;
  std::optional<DatabaseFailure> failure;
  {
    MutexLock lock{read_mutex_};
    if (reader_ == nullptr) {
      return Read{};
    }
    auto found = get(*reader_);
    if (found) {
      return *std::move(found);
    }
    failure = std::move(found).error();
  }
  note(*failure);
  return Read{};
}

std::optional<std::string> CacheStore::facts(const std::string& key) {
  return read([&key](CacheTables& tables) { return tables.facts(key); });
}

std::optional<StoredTag> CacheStore::tag(const std::string& name_key) {
  return read([key = tag_key(name_key)](CacheTables& tables) { return tables.tag(key); });
}

std::vector<policy::KnownBase> CacheStore::bases() {
  return read([](CacheTables& tables) { return tables.bases(); });
}

std::string CacheStore::tag_key(const std::string& name_key) {
  return registry::sha256_digest(name_key);
}

void CacheStore::write(TableChange change) {
  {
    MutexLock lock{mutex_};
    const std::size_t bytes = bytes_of(change);
    if (stopping_ || queue_.size() >= kMaxQueued || queued_bytes_ + bytes > kMaxQueuedBytes) {
      return;
    }
    queued_bytes_ += bytes;
    queue_.push_back(std::move(change));
  }
  changed_.notify_all();
}

void CacheStore::flush() {
  MutexLock lock{mutex_};
  while (!queue_.empty() || is_writing_ || is_damaged_) {
    changed_.wait(mutex_);
  }
}

void CacheStore::run() {
  pthread_setname_np(pthread_self(), "cache-writer");
  while (true) {
    std::vector<TableChange> batch;
    bool is_damaged = false;
    {
      MutexLock lock{mutex_};
      while (queue_.empty() && !is_damaged_ && !stopping_) {
        changed_.wait(mutex_);
      }
      if (queue_.empty() && stopping_) {
        return;
      }
      is_damaged = is_damaged_;
      batch.swap(queue_);
      queued_bytes_ = 0;
      is_writing_ = true;
    }
    if (is_damaged) {
      mend();
    }
    if (!write_batch(batch)) {
      mend();
      write_batch(batch);
    }
    {
      MutexLock lock{mutex_};
      is_writing_ = false;
    }
    changed_.notify_all();
  }
}

// False when the file turned out to be damaged.
bool CacheStore::write_batch(const std::vector<TableChange>& batch) {
  if (writer_ == nullptr || batch.empty()) {
    return true;
  }
  const Result<void, DatabaseFailure> written = writer_->write(batch, clock_.utc_now());
  if (!written) {
    note(written.error());
    return !written.error().is_damaged;
  }
  MutexLock lock{mutex_};
  has_complained_ = false;
  return true;
}

void CacheStore::mend() {
  {
    MutexLock lock{read_mutex_};
    reader_.reset();
  }
  writer_.reset();
  if (++times_mended_ <= kMostMended) {
    open_files(generation_ + 1);
  } else {
    log_error("the cache directory's files are damaged again and again; it is no longer used",
              {{"directory", directory_}});
  }
  MutexLock lock{mutex_};
  is_damaged_ = false;
}

// Damage is for the writer to mend. Of what may pass, the first is logged until a write succeeds.
void CacheStore::note(const DatabaseFailure& failure) {
  {
    MutexLock lock{mutex_};
    if (failure.is_damaged ? is_damaged_ : has_complained_) {
      return;
    }
    (failure.is_damaged ? is_damaged_ : has_complained_) = true;
  }
  log_warn(failure.is_damaged ? "the cache on disk is damaged and begun anew"
                              : "the cache on disk can't be used at the moment",
           {{"directory", directory_}, {"why", failure.what}});
  changed_.notify_all();
}

}  // namespace leangate::inspection
