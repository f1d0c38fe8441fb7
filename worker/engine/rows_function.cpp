#include "worker/engine/rows_function.h"

#include <algorithm>
#include <cstring>

#include "worker/engine/database.h"
#include "worker/engine/types.h"

namespace tidegate::engine {
namespace {}  // namespace

Result<void> RowsFunction::register_with(duckdb_connection connection, const std::string& name) {
  Handle<duckdb_table_function, duckdb_destroy_table_function> function;
  function.get() = duckdb_create_table_function();
  duckdb_table_function_set_name(function.get(), name.c_str());
  duckdb_table_function_set_extra_info(function.get(), this, nullptr);
  duckdb_table_function_set_bind(function.get(), bind);
  duckdb_table_function_set_init(function.get(), init);
  duckdb_table_function_set_function(function.get(), fill);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection, function.get()) == DuckDBSuccess) return {};
  return Error{"EngineFailed", "DuckDB refuses the table function"};
}

void RowsFunction::bind(duckdb_bind_info info) {
  const auto& self = *static_cast<RowsFunction*>(duckdb_bind_get_extra_info(info));
  for (const codec::Field& field : self.fields_) {
    LogicalType type = to_duckdb(field.type);
    duckdb_bind_add_result_column(info, field.name.c_str(), type.get());
  }
}

void RowsFunction::init(duckdb_init_info info) {
  auto& self = *static_cast<RowsFunction*>(duckdb_init_get_extra_info(info));
  duckdb_init_set_max_threads(info, 1);
  self.block_ = self.next_ = 0;
  self.projected_.clear();
  for (std::size_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
    self.projected_.push_back(duckdb_init_get_column_index(info, i));
  }
}

void RowsFunction::fill(duckdb_function_info info, duckdb_data_chunk chunk) {
  auto& self = *static_cast<RowsFunction*>(duckdb_function_get_extra_info(info));
  while (self.block_ < self.rows_.size() && self.next_ == self.rows_[self.block_].size()) {
    ++self.block_;
    self.next_ = 0;
  }
  if (self.block_ == self.rows_.size()) return duckdb_data_chunk_set_size(chunk, 0);
  const Rows& block = self.rows_[self.block_];
  const std::size_t rows = std::min<std::size_t>(duckdb_vector_size(), block.size() - self.next_);
  const std::size_t words = (rows + kWord - 1) / kWord;
  for (std::size_t i = 0; i < self.projected_.size(); ++i) {
    const std::size_t field = self.projected_[i];
    if (field >= self.fields_.size()) continue;
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
    const codec::Column& column = block.columns()[field];
    const std::size_t size = block.element_size(field);
    std::memcpy(duckdb_vector_get_data(vector), static_cast<const char*>(column.data) + self.next_ * size, rows * size);
    const std::uint64_t* const mask = column.validity + self.next_ / kWord;
    if (std::all_of(mask, mask + words, [](std::uint64_t word) { return word == codec::kAllValid; })) continue;
    duckdb_vector_ensure_validity_writable(vector);
    std::memcpy(duckdb_vector_get_validity(vector), mask, words * sizeof *mask);
  }
  self.next_ += rows;
  duckdb_data_chunk_set_size(chunk, rows);
}

}  // namespace tidegate::engine
