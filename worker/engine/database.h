// A sandboxed in-memory DuckDB behind values that clean up after themselves. Private to this folder.
#pragma once

#include <duckdb.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace tidegate::engine {

// An owned C handle.
template <typename T, void (*destroy)(T*)>
class Handle {
 public:
  Handle() = default;
  Handle(Handle&& other) noexcept : handle_(other.handle_) { other.handle_ = T(); }
  Handle& operator=(Handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Handle() { destroy(&handle_); }

  T& get() { return handle_; }
  T* operator&() { return &handle_; }

 private:
  T handle_ = T();
};

using Statement = Handle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using ResultSet = Handle<duckdb_result, duckdb_destroy_result>;
using Chunk = Handle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = Handle<duckdb_logical_type, duckdb_destroy_logical_type>;

// An error of DuckDB. Connections are set to report errors as JSON, which carries the position.
struct DatabaseError {
  duckdb_error_type type = DUCKDB_ERROR_INVALID;
  std::string message;
  std::optional<std::size_t> position;  // byte offset in the statement

  static DatabaseError from(duckdb_error_type type, const char* text);
  // Whether a value in the data is to blame, rather than the engine or the query.
  bool is_about_data() const;
  // A few words without any value of the data, which `message` may quote.
  std::string_view summary() const;
};

// Where tables go that memory does not hold.
struct Disk {
  std::string directory;  // empty: nowhere
  std::int64_t bytes = 0;
};

// Whether statements may read and write files; none that a user wrote may.
enum class Files { forbidden, allowed };

// Strings of a result, row by row.
using TextRows = std::vector<std::vector<std::string>>;

// What stands in a VARCHAR column of a chunk; nothing: NULL.
std::optional<std::string_view> text_at(duckdb_data_chunk chunk, std::size_t column, std::size_t row);

// `text` as a literal of SQL.
std::string literal(std::string_view text);

class Database {
 public:
  // One thread, memory bounded, UTC, no files but its own in `disk` unless they are allowed, no network, no extensions.
  // Settings can still change until lock().
  static Result<Database> open(const std::string& memory_limit, const Disk& disk = {}, Files files = Files::forbidden);
  // Whether an execute() or append() failed because neither memory nor disk took more.
  static bool out_of_memory(const Error& error);

  duckdb_connection connection() { return connection_.get(); }
  Result<void> execute(const std::string& sql);
  // How many rows it inserted.
  Result<std::int64_t> run(Statement& statement);
  // Every column of the result must be VARCHAR. With `arguments` bound as VARCHAR.
  Result<TextRows> query(const std::string& sql, const std::vector<std::string>& arguments);
  // Makes the table tidegate.`table` anew, with these BIGINT columns and the values row by row.
  Result<void> append(const std::string& table, std::initializer_list<const char*> columns,
                      std::span<const std::int64_t> values);
  // Nothing when prepared.
  std::optional<DatabaseError> prepare(const std::string& sql, Statement& statement);
  // From here on no statement can change a setting.
  Result<void> lock() { return execute("SET lock_configuration = true"); }

 private:
  Handle<duckdb_database, duckdb_close> database_;
  Handle<duckdb_connection, duckdb_disconnect> connection_;
};

}  // namespace tidegate::engine
