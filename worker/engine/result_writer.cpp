#include "worker/engine/result_writer.h"

#include <set>

#include "common/base/text.h"
#include "worker/engine/types.h"

namespace tidegate::engine {
namespace {

// Why the writer refused a value of this type.
std::string unwritable(const codec::Field& field) {
  switch (field.type.type) {
    case codec::Type::float64:
      return cat("column \"", field.name, "\" is NaN or infinite, which JSON cannot say");
    case codec::Type::decimal:
      return cat("column \"", field.name, "\" has more than 38 digits");
    default:
      return cat("column \"", field.name, "\" is outside the years 0001 to 9999");
  }
}

}  // namespace

Result<ResultWriter> ResultWriter::of(Statement& statement, const std::vector<std::string>& key) {
  std::vector<codec::Field> fields;
  std::vector<duckdb_type> types;
  std::set<std::string> names;
  for (std::size_t c = 0; c < duckdb_prepared_statement_column_count(statement.get()); ++c) {
    const char* const text = duckdb_prepared_statement_column_name(statement.get(), c);
    const std::string name = text == nullptr ? "" : text;
    duckdb_free(const_cast<char*>(text));
    LogicalType logical;
    logical.get() = duckdb_prepared_statement_column_logical_type(statement.get(), c);
    auto type = from_duckdb(logical.get(), name);
    if (!type) return std::move(type).error();
    if (!names.insert(lower(name)).second) {
      return Error{"InvalidQuery", cat("two output columns are named \"", name, "\"; rename one with AS")};
    }
    fields.push_back({name, *type, false});
    types.push_back(duckdb_get_type_id(logical.get()));
  }
  auto schema = codec::Schema::of(std::move(fields));
  if (!schema) return Error{"InvalidQuery", schema.error().message};
  auto keys = codec::KeyEncoder::of(*schema, key);
  if (!keys) return std::move(keys).error();
  ResultWriter made;
  made.columns_ = *std::move(schema);
  made.writer_ = codec::RowWriter(made.columns_);
  made.keys_ = *std::move(keys);
  made.values_ = ResultColumns(types);
  return made;
}

std::optional<std::string> ResultWriter::append(duckdb_data_chunk chunk, Output& output) {
  const std::span<const codec::Column> values = values_.read(chunk);
  const std::size_t rows = duckdb_data_chunk_get_size(chunk);
  for (std::size_t row = 0; row < rows; ++row) {
    if (const auto refused = writer_.append(values, row, output.values_)) return unwritable(columns_[*refused]);
    const bool has_key = keys_.append(values, row, output.keys_);
    output.rows_.push_back({output.values_.size(), output.keys_.size(), has_key});
  }
  return std::nullopt;
}

}  // namespace tidegate::engine
