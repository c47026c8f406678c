// The tables of the store on disk: what a row means, and whether it still is what was written.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/duration.h"
#include "policy/reference_data.h"
#include "policy/result.h"
#include "webhook/inspection/cache_database.h"

namespace leangate::inspection {

// What a tag named when its registry last said so.
struct StoredTag {
  std::string digest;
  policy::Instant confirmed;
};

// One change to the tables.
struct PutFacts {
  std::string key;
  std::string packed;
};
struct UseFacts {  // so that they don't count as old
  std::string key;
};
struct PutTag {
  std::string key;
  StoredTag tag;
};
struct ForgetTag {
  std::string key;
};
struct PutBase {
  policy::KnownBase base;
};
using TableChange = std::variant<PutFacts, UseFacts, PutTag, ForgetTag, PutBase>;

struct TableLimits {
  std::size_t facts_bytes = 256u << 20;
  // About 200 bytes each: 13 MiB.
  std::size_t tags = 65'536;
  // About 1 KiB each: 20 MiB, years of rebuilds of a few hundred references.
  std::size_t bases = 20'000;
};

// A connection's view of the tables. Not safe for several threads: its owner locks.
class CacheTables {
 public:
  // Opens the file, or makes it. One of another schema version counts as damaged.
  static Result<std::unique_ptr<CacheTables>, DatabaseFailure> open(const std::string& file,
                                                                    const TableLimits& limits);

  // A row that doesn't fit its checksum is a failure, and the file damaged.
  Result<std::optional<std::string>, DatabaseFailure> facts(const std::string& key);
  Result<std::optional<StoredTag>, DatabaseFailure> tag(const std::string& key);
  Result<std::vector<policy::KnownBase>, DatabaseFailure> bases();  // oldest first

  // All of it or nothing; then drops what was used longest ago where a limit is passed.
  Result<void, DatabaseFailure> write(const std::vector<TableChange>& changes, policy::Instant now);

 private:
  using Done = Result<void, DatabaseFailure>;

  CacheTables(std::unique_ptr<CacheDatabase> database, const TableLimits& limits)
      : database_{std::move(database)}, limits_{limits} {}

  Done prepare_schema();
  Done apply(const TableChange& change, policy::Instant now);
  Done trim();
  Done run(std::string_view sql, const std::vector<CacheDatabase::Value>& values = {});
  Result<std::int64_t, DatabaseFailure> number(std::string_view sql);

  std::unique_ptr<CacheDatabase> database_;
  const TableLimits limits_;
  std::size_t changes_until_trim_ = 0;
};

}  // namespace leangate::inspection
