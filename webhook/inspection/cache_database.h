// SQLite behind a face of three functions. Only cache_database.cpp sees its header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace leangate::inspection {

struct DatabaseFailure {
  // The file doesn't hold what was written: it will not get better. Otherwise the disk is full,
  // read-only or failing, or another process holds the file for too long.
  bool is_damaged = false;
  std::string what;  // for logs
};

// One connection. Not safe for several threads: its owner locks. Several connections, of several
// processes too, may have one file open.
class CacheDatabase {
 public:
  using Value = std::variant<std::int64_t, std::string>;  // texts are stored as blobs
  using Row = std::vector<Value>;
  using Rows = Result<std::vector<Row>, DatabaseFailure>;

  // Opens the file, or makes it, readable by nobody else. It never grows beyond max_bytes.
  static Result<std::unique_ptr<CacheDatabase>, DatabaseFailure> open(const std::string& file,
                                                                      std::size_t max_bytes);
  ~CacheDatabase();
  CacheDatabase(const CacheDatabase&) = delete;
  CacheDatabase& operator=(const CacheDatabase&) = delete;

  // Runs one statement with these values for its question marks. Statements are prepared once: the
  // text must live as long as the connection.
  Rows run(std::string_view sql, const std::vector<Value>& values = {});

 private:
  explicit CacheDatabase(sqlite3* connection) : connection_{connection} {}

  Result<sqlite3_stmt*, DatabaseFailure> prepare(std::string_view sql);
  DatabaseFailure failure(int code) const;

  sqlite3* connection_;
  std::map<std::string_view, sqlite3_stmt*> statements_;
};

}  // namespace leangate::inspection
