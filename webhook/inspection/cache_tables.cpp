#include "webhook/inspection/cache_tables.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "webhook/inspection/evidence_codec.h"

namespace leangate::inspection {
namespace {

using Value = CacheDatabase::Value;
using Row = CacheDatabase::Row;

// Raised with every change to the tables: a file of another version is set aside.
constexpr std::int64_t kSchemaVersion = 1;
constexpr std::array<std::string_view, 6> kSchema{
    "CREATE TABLE IF NOT EXISTS facts (key BLOB PRIMARY KEY, packed BLOB NOT NULL,"
    " checksum INTEGER NOT NULL, size INTEGER NOT NULL, used INTEGER NOT NULL)",
    // Covers the trimming, which so reads no facts.
    "CREATE INDEX IF NOT EXISTS facts_by_use ON facts (used, size)",
    "CREATE TABLE IF NOT EXISTS tags (key BLOB PRIMARY KEY, digest BLOB NOT NULL,"
    " confirmed INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS tags_by_age ON tags (confirmed)",
    "CREATE TABLE IF NOT EXISTS bases (packed BLOB PRIMARY KEY, checksum INTEGER NOT NULL,"
    " seen INTEGER NOT NULL)",
    "PRAGMA user_version = 1",
};
// Sums over a table are not free; between two of them the limits are passed by little.
constexpr std::size_t kChangesPerTrim = 256;
// An image used all day is noted once an hour.
constexpr std::int64_t kUseGranularity = 3'600;

std::int64_t seconds_of(policy::Instant instant) {
  return instant.time_since_epoch().count();
}

DatabaseFailure damaged(std::string what) {
  return {true, std::move(what)};
}

// Against the disk's mistakes, not against people: whoever writes to the directory is trusted.
std::int64_t checksum(std::initializer_list<std::string_view> parts) {
  uLong sum = crc32(0, nullptr, 0);
  for (const std::string_view part : parts) {
    const std::string size = std::to_string(part.size()) + ":";
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(size.data()), size.size());
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(part.data()), part.size());
  }
  return static_cast<std::int64_t>(sum);
}

std::int64_t checksum_of(const std::string& key, const StoredTag& tag) {
  return checksum({key, tag.digest, std::to_string(seconds_of(tag.confirmed))});
}

// Nothing for a value of the other type, which the checksum won't fit.
std::string text_at(const Row& row, std::size_t column) {
  const auto* text = std::get_if<std::string>(&row.at(column));
  return text != nullptr ? *text : std::string{};
}
std::int64_t number_at(const Row& row, std::size_t column) {
  const auto* number = std::get_if<std::int64_t>(&row.at(column));
  return number != nullptr ? *number : 0;
}

}  // namespace

Result<std::unique_ptr<CacheTables>, DatabaseFailure> CacheTables::open(const std::string& file,
                                                                        const TableLimits& limits) {
  // Room for rows' heads, indexes, and pages that are partly filled.
  auto database = CacheDatabase::open(file, 2 * limits.facts_bytes + (64u << 20));
  if (!database) {
    return Failure{std::move(database).error()};
  }
  std::unique_ptr<CacheTables> tables{new CacheTables{*std::move(database), limits}};
  if (Done prepared = tables->prepare_schema(); !prepared) {
    return Failure{std::move(prepared).error()};
  }
  return tables;
}

CacheTables::Done CacheTables::prepare_schema() {
  const auto version = number("PRAGMA user_version");
  if (!version) {
    return Failure{version.error()};
  }
  if (*version != 0 && *version != kSchemaVersion) {
    return Failure{damaged("it is of schema version " + std::to_string(*version))};
  }
  if (*version == kSchemaVersion) {
    return {};
  }
  // Two processes may make the file at one time.
  Done done = run("BEGIN IMMEDIATE");
  for (std::size_t i = 0; i < kSchema.size() && done; ++i) {
    done = run(kSchema[i]);
  }
  return done ? run("COMMIT") : done;
}

Result<std::optional<std::string>, DatabaseFailure> CacheTables::facts(const std::string& key) {
  auto rows = database_->run("SELECT packed, checksum FROM facts WHERE key = ?", {key});
  if (!rows) {
    return Failure{std::move(rows).error()};
  }
  if (rows->empty()) {
    return std::optional<std::string>{};
  }
  std::string packed = text_at(rows->front(), 0);
  if (checksum({key, packed}) != number_at(rows->front(), 1)) {
    return Failure{damaged("a row of facts doesn't fit its checksum")};
  }
  return std::optional{std::move(packed)};
}

Result<std::optional<StoredTag>, DatabaseFailure> CacheTables::tag(const std::string& key) {
  auto rows = database_->run("SELECT digest, confirmed, checksum FROM tags WHERE key = ?", {key});
  if (!rows) {
    return Failure{std::move(rows).error()};
  }
  if (rows->empty()) {
    return std::optional<StoredTag>{};
  }
  const Row& row = rows->front();
  StoredTag tag{text_at(row, 0), policy::Instant{std::chrono::seconds{number_at(row, 1)}}};
  if (checksum_of(key, tag) != number_at(row, 2)) {
    return Failure{damaged("a row of tags doesn't fit its checksum")};
  }
  return std::optional{std::move(tag)};
}

Result<std::vector<policy::KnownBase>, DatabaseFailure> CacheTables::bases() {
  auto rows = database_->run("SELECT packed, checksum FROM bases ORDER BY seen");
  if (!rows) {
    return Failure{std::move(rows).error()};
  }
  std::vector<policy::KnownBase> bases;
  for (const Row& row : *rows) {
    const std::string packed = text_at(row, 0);
    if (checksum({packed}) != number_at(row, 1)) {
      return Failure{damaged("a row of bases doesn't fit its checksum")};
    }
    if (std::optional<policy::KnownBase> base = decode_base(packed)) {
      bases.push_back(*std::move(base));
    }
  }
  return bases;
}

CacheTables::Done CacheTables::write(const std::vector<TableChange>& changes, policy::Instant now) {
  Done done = run("BEGIN IMMEDIATE");
  if (!done) {
    return done;
  }
  for (std::size_t i = 0; i < changes.size() && done; ++i) {
    done = apply(changes[i], now);
  }
  if (done && changes_until_trim_ <= changes.size()) {
    done = trim();
    changes_until_trim_ = kChangesPerTrim;
  } else {
    changes_until_trim_ -= std::min(changes_until_trim_, changes.size());
  }
  if (done) {
    done = run("COMMIT");
  }
  if (!done) {
    // A failed COMMIT may have ended the transaction already; either way nothing of it is left.
    static_cast<void>(run("ROLLBACK"));
  }
  return done;
}

CacheTables::Done CacheTables::apply(const TableChange& change, policy::Instant now) {
  if (const auto* facts = std::get_if<PutFacts>(&change)) {
    return run(
        "INSERT OR REPLACE INTO facts (key, packed, checksum, size, used) VALUES (?, ?, ?, ?, ?)",
        {facts->key,
         facts->packed,
         checksum({facts->key, facts->packed}),
         static_cast<std::int64_t>(facts->key.size() + facts->packed.size()),
         seconds_of(now)});
  }
  if (const auto* use = std::get_if<UseFacts>(&change)) {
    return run("UPDATE facts SET used = ?1 WHERE key = ?2 AND used < ?3",
               {seconds_of(now), use->key, seconds_of(now) - kUseGranularity});
  }
  if (const auto* put = std::get_if<PutTag>(&change)) {
    return run("INSERT OR REPLACE INTO tags (key, digest, confirmed, checksum) VALUES (?, ?, ?, ?)",
               {put->key,
                put->tag.digest,
                seconds_of(put->tag.confirmed),
                checksum_of(put->key, put->tag)});
  }
  if (const auto* forget = std::get_if<ForgetTag>(&change)) {
    return run("DELETE FROM tags WHERE key = ?", {forget->key});
  }
  const std::optional<std::string> packed = encode_base(std::get<PutBase>(change).base);
  return packed ? run("INSERT OR REPLACE INTO bases (packed, checksum, seen) VALUES (?, ?, ?)",
                      {*packed, checksum({*packed}), seconds_of(now)})
                : Done{};
}

CacheTables::Done CacheTables::trim() {
  Done done =
      run("DELETE FROM tags WHERE key IN (SELECT key FROM tags ORDER BY confirmed DESC"
          " LIMIT -1 OFFSET ?)",
          {static_cast<std::int64_t>(limits_.tags)});
  if (done) {
    done =
        run("DELETE FROM bases WHERE rowid IN (SELECT rowid FROM bases ORDER BY seen DESC"
            " LIMIT -1 OFFSET ?)",
            {static_cast<std::int64_t>(limits_.bases)});
  }
  if (done) {
    // The newest whose sizes add up to the limit stay.
    done =
        run("DELETE FROM facts WHERE rowid IN (SELECT id FROM (SELECT rowid AS id,"
            " SUM(size) OVER (ORDER BY used DESC, rowid DESC) AS total FROM facts)"
            " WHERE total > ?)",
            {static_cast<std::int64_t>(limits_.facts_bytes)});
  }
  return done;
}

CacheTables::Done CacheTables::run(std::string_view sql, const std::vector<Value>& values) {
  CacheDatabase::Rows rows = database_->run(sql, values);
  return rows ? Done{} : Done{Failure{std::move(rows).error()}};
}

Result<std::int64_t, DatabaseFailure> CacheTables::number(std::string_view sql) {
  CacheDatabase::Rows rows = database_->run(sql);
  if (!rows) {
    return Failure{std::move(rows).error()};
  }
  return rows->empty() || rows->front().empty() ? std::int64_t{0} : number_at(rows->front(), 0);
}

}  // namespace leangate::inspection
