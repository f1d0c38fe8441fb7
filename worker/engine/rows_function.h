// Rows in memory as a DuckDB table function. Private to this folder.
#pragma once

#include <duckdb.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/column.h"
#include "worker/codec/schema.h"

namespace tidegate::engine {

// Columns that grow and are reused.
class Rows {
 public:
  explicit Rows(codec::Schema fields);

  const codec::Schema& fields() const { return fields_; }
  std::span<const codec::Column> columns() const { return columns_; }
  std::size_t size() const { return size_; }
  void set_size(std::size_t size) { size_ = size; }
  // Room for so many rows, all valid; what was there is lost.
  void make_room(std::size_t rows);

 private:
  codec::Schema fields_;
  std::vector<std::vector<codec::Int128>> data_;  // aligned for every type
  std::vector<std::vector<std::uint64_t>> validity_;
  std::vector<codec::Column> columns_;
  std::size_t size_ = 0;
};

// Every execution of the query reads all rows that there are then. Both must outlive the connection.
class RowsFunction {
 public:
  explicit RowsFunction(const Rows& rows) : rows_(rows) {}
  RowsFunction(const RowsFunction&) = delete;
  RowsFunction& operator=(const RowsFunction&) = delete;

  Result<void> register_with(duckdb_connection connection, const std::string& name);

 private:
  static void bind(duckdb_bind_info info);
  static void init(duckdb_init_info info);
  static void fill(duckdb_function_info info, duckdb_data_chunk chunk);

  const Rows& rows_;
  std::vector<std::size_t> projected_;  // the field of each vector of a chunk; past the last: DuckDB only counts rows
  std::size_t next_ = 0;
};

}  // namespace tidegate::engine
