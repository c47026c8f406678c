#include "webhook/inspection/cache_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

namespace leangate::inspection {
namespace {

constexpr int kPageBytes = 4'096;
constexpr std::array<std::string_view, 5> kSettings{
    "PRAGMA journal_mode = WAL",
    // A commit survives kill -9; after a power cut the last ones may be missing, and are fetched.
    "PRAGMA synchronous = NORMAL",
    // What a long write left of the write-ahead log is given back.
    "PRAGMA journal_size_limit = 16777216",
    // The file may be anybody's work by now.
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
};
// How long another process may hold the file.
constexpr int kBusyMilliseconds = 2'000;
// Beyond every value that is written: encode_evidence refuses 16 MiB. A damaged length stops here.
constexpr int kMaxValueBytes = 32 << 20;

// What passes, or what the operator can mend, is no damage.
bool is_damage(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
      return false;
    case SQLITE_IOERR:
      return code == SQLITE_IOERR_SHORT_READ;
    default:
      return true;
  }
}

// SQLite gives the files beside the database the same mode.
bool make_private_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return false;
  }
  ::close(descriptor);
  return true;
}

int bind(sqlite3_stmt* statement, int index, const CacheDatabase::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  const auto& text = std::get<std::string>(value);
  return sqlite3_bind_blob64(statement, index, text.data(), text.size(), SQLITE_STATIC);
}

CacheDatabase::Value column(sqlite3_stmt* statement, int index) {
  if (sqlite3_column_type(statement, index) == SQLITE_INTEGER) {
    return static_cast<std::int64_t>(sqlite3_column_int64(statement, index));
  }
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, index));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
  return bytes != nullptr ? std::string{bytes, size} : std::string{};
}

}  // namespace

Result<std::unique_ptr<CacheDatabase>, DatabaseFailure> CacheDatabase::open(const std::string& file,
                                                                            std::size_t max_bytes) {
  if (!make_private_file(file)) {
    return Failure{DatabaseFailure{false, std::generic_category().message(errno)}};
  }
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<CacheDatabase> database{new CacheDatabase{connection}};
  if (code != SQLITE_OK) {
    return Failure{database->failure(code)};
  }
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, kBusyMilliseconds);
  sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  for (const std::string_view setting : kSettings) {
    if (Rows rows = database->run(setting); !rows) {
      return Failure{std::move(rows).error()};
    }
  }
  const std::string bound =
      "PRAGMA max_page_count = " + std::to_string(max_bytes / kPageBytes + 16);
  if (const int bounded = sqlite3_exec(connection, bound.c_str(), nullptr, nullptr, nullptr);
      bounded != SQLITE_OK) {
    return Failure{database->failure(bounded)};
  }
  return database;
}

CacheDatabase::~CacheDatabase() {
  for (const auto& [sql, statement] : statements_) {
    sqlite3_finalize(statement);
  }
  sqlite3_close(connection_);
}

CacheDatabase::Rows CacheDatabase::run(std::string_view sql, const std::vector<Value>& values) {
  Result<sqlite3_stmt*, DatabaseFailure> prepared = prepare(sql);
  if (!prepared) {
    return Failure{prepared.error()};
  }
  sqlite3_stmt* statement = *prepared;
  int code = SQLITE_OK;
  for (std::size_t i = 0; i < values.size() && code == SQLITE_OK; ++i) {
    code = bind(statement, static_cast<int>(i) + 1, values[i]);
  }
  std::vector<Row> rows;
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW) {
      break;
    }
    Row& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      row.push_back(column(statement, i));
    }
  }
  std::optional<DatabaseFailure> failed;
  if (code != SQLITE_DONE) {
    failed = failure(code);
  }
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (failed) {
    return Failure{*std::move(failed)};
  }
  return rows;
}

Result<sqlite3_stmt*, DatabaseFailure> CacheDatabase::prepare(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    return found->second;
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(
      connection_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) {
    return Failure{failure(code)};
  }
  statements_.emplace(sql, statement);
  return statement;
}

DatabaseFailure CacheDatabase::failure(int code) const {
  return {is_damage(code), connection_ != nullptr ? sqlite3_errmsg(connection_) : "no memory"};
}

}  // namespace leangate::inspection
