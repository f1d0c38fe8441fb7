#include "worker/engine/parquet_reader.h"

#include <set>

#include "common/base/text.h"
#include "worker/codec/csv_cells.h"
#include "worker/engine/database.h"
#include "worker/engine/query_check.h"

namespace tidegate::engine {
namespace {

using Pending = Handle<duckdb_pending_result, duckdb_destroy_pending>;

std::set<std::string> columns_of(Statement& statement) {
  std::set<std::string> names;
  for (std::size_t c = 0; c < duckdb_prepared_statement_column_count(statement.get()); ++c) {
    const char* const name = duckdb_prepared_statement_column_name(statement.get(), c);
    if (name != nullptr) names.insert(name);
    duckdb_free(const_cast<char*>(name));
  }
  return names;
}

Error refused(const std::string& message) {
  return {"Malformed", cat("the file cannot be read as Parquet: ", message)};
}

}  // namespace

struct ParquetReader::Impl {
  Database database;
  Statement statement;
  ResultSet result;
  std::size_t columns = 0;
  bool ended = false;  // a result that has ended calls it an error to be asked again

  // What a disk or memory that fails says is not the file's fault.
  Error failure() {
    const auto error = DatabaseError::from(duckdb_result_error_type(&result), duckdb_result_error(&result));
    switch (error.type) {
      case DUCKDB_ERROR_IO:
      case DUCKDB_ERROR_OUT_OF_MEMORY:
      case DUCKDB_ERROR_INTERRUPT:
      case DUCKDB_ERROR_INTERNAL:
      case DUCKDB_ERROR_FATAL:
        return {"EngineFailed", cat("Parquet: ", error.message)};
      default:
        return refused(error.message);
    }
  }
};

Result<ParquetReader> ParquetReader::open(const std::string& path, const codec::Schema& fields, std::int64_t first,
                                          const std::string& memory_limit) {
  auto impl = std::make_unique<Impl>();
  auto opened = Database::open(memory_limit, {}, Files::allowed);
  if (!opened) return std::move(opened).error();
  impl->database = *std::move(opened);
  if (auto done = impl->database.lock(); !done) return std::move(done).error();

  // A text is text also where its writer did not say so.
  const std::string table = cat("read_parquet(", literal(path), ", binary_as_string = true)");
  Statement all;
  if (auto error = impl->database.prepare(cat("SELECT * FROM ", table), all)) return refused(error->message);
  const std::set<std::string> present = columns_of(all);
  std::vector<std::string> columns;
  for (const codec::Field& field : fields.fields()) {
    columns.push_back(cat("CAST(", present.contains(field.name) ? quoted(field.name) : "NULL", " AS VARCHAR)"));
  }
  impl->columns = columns.size();
  const std::string query = cat("SELECT ", join(columns, ", "), " FROM ", table, " OFFSET ", std::to_string(first));
  if (auto error = impl->database.prepare(query, impl->statement)) return refused(error->message);
  Pending pending;
  if (duckdb_pending_prepared_streaming(impl->statement.get(), &pending) != DuckDBSuccess) {
    return refused(duckdb_pending_error(pending.get()));
  }
  if (duckdb_execute_pending(pending.get(), &impl->result) != DuckDBSuccess) return impl->failure();
  return ParquetReader(std::move(impl));
}

std::string ParquetReader::header(const codec::Schema& fields) {
  std::string out;
  for (const codec::Field& field : fields.fields()) {
    if (!out.empty()) out += ',';
    codec::append_csv_quoted(field.name, out);
  }
  return out;
}

Result<std::vector<std::string>> ParquetReader::next() {
  std::vector<std::string> rows;
  if (impl_->ended) return rows;
  Chunk chunk;
  chunk.get() = duckdb_fetch_chunk(impl_->result.get());
  if (chunk.get() == nullptr) {
    if (duckdb_result_error(&impl_->result) != nullptr) return impl_->failure();
    impl_->ended = true;
    return rows;
  }
  for (std::size_t row = 0; row < duckdb_data_chunk_get_size(chunk.get()); ++row) {
    std::string& text = rows.emplace_back();
    for (std::size_t column = 0; column < impl_->columns; ++column) {
      if (column > 0) text += ',';
      if (const auto value = text_at(chunk.get(), column, row)) codec::append_csv_quoted(*value, text);
    }
  }
  return rows;
}

ParquetReader::ParquetReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParquetReader::ParquetReader(ParquetReader&&) noexcept = default;
ParquetReader& ParquetReader::operator=(ParquetReader&&) noexcept = default;
ParquetReader::~ParquetReader() = default;

}  // namespace tidegate::engine
