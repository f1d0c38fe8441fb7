// Rows in memory as a DuckDB table function. Private to this folder.
#pragma once

#include <duckdb.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "worker/engine/rows.h"

namespace tidegate::engine {

// Must outlive the connection that it is registered with.
class RowsFunction {
 public:
  explicit RowsFunction(std::vector<codec::Field> fields) : fields_(std::move(fields)) {}
  RowsFunction(const RowsFunction&) = delete;
  RowsFunction& operator=(const RowsFunction&) = delete;

  Result<void> register_with(duckdb_connection connection, const std::string& name);
  // What every execution reads from now on, whole: columns as the fields say. It must stay while one runs.
  void read(std::span<const Rows> rows) { rows_ = rows; }

 private:
  static void bind(duckdb_bind_info info);
  static void init(duckdb_init_info info);
  static void fill(duckdb_function_info info, duckdb_data_chunk chunk);

  std::vector<codec::Field> fields_;
  std::span<const Rows> rows_;
  std::vector<std::size_t> projected_;  // the field of each vector of a chunk; past the last: DuckDB only counts rows
  std::size_t block_ = 0;
  std::size_t next_ = 0;  // row of the block
};

}  // namespace tidegate::engine
