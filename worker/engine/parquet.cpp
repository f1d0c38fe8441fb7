#include "worker/engine/parquet.h"

#include <cstdlib>
#include <vector>

#include "common/base/text.h"
#include "worker/engine/database.h"
#include "worker/engine/input.h"
#include "worker/engine/query_check.h"

namespace tidegate::engine {
namespace {

std::string columns_of(const codec::Schema& fields) {
  std::vector<std::string> columns;
  for (const codec::Field& field : fields.fields()) {
    const std::string name = quoted(field.name);
    const bool time = field.type.type == codec::Type::timestamp;
    columns.push_back(time ? cat(name, " AT TIME ZONE 'UTC' AS ", name) : name);
  }
  return join(columns, ", ");
}

}  // namespace

struct ParquetWriter::Impl {
  explicit Impl(const codec::Schema& fields) : input(fields), columns(columns_of(fields)) {}

  Input input;  // outlives the database
  std::string columns;
  Database database;
};

Result<ParquetWriter> ParquetWriter::open(const codec::Schema& fields, const std::string& memory_limit) {
  auto impl = std::make_unique<Impl>(fields);
  auto opened = Database::open(memory_limit, {}, Files::allowed);
  if (!opened) return std::move(opened).error();
  impl->database = *std::move(opened);
  if (auto done = impl->input.register_with(impl->database.connection()); !done) return std::move(done).error();
  if (auto done = impl->database.lock(); !done) return std::move(done).error();
  return ParquetWriter(std::move(impl));
}

Result<std::int64_t> ParquetWriter::write(std::span<const std::string_view> records,
                                          std::span<const codec::Metadata> metadata, const std::string& path) {
  std::vector<Failure> failures;
  impl_->input.set(records, metadata, 0, records.size(), failures);
  const std::string copy = cat("COPY (SELECT ", impl_->columns, " FROM ", Input::kFunction, "()) TO ", literal(path),
                               " (FORMAT parquet, COMPRESSION zstd)");
  if (auto copied = impl_->database.execute(copy); !copied) return std::move(copied).error();
  if (!failures.empty()) return Error{"EngineFailed", cat("Parquet: ", failures.front().message)};
  auto rows = impl_->database.query("SELECT num_rows::VARCHAR FROM parquet_file_metadata($1)", {path});
  if (!rows) return std::move(rows).error();
  return std::strtoll(rows->at(0).at(0).c_str(), nullptr, 10);
}

ParquetWriter::ParquetWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParquetWriter::ParquetWriter(ParquetWriter&&) noexcept = default;
ParquetWriter& ParquetWriter::operator=(ParquetWriter&&) noexcept = default;
ParquetWriter::~ParquetWriter() = default;

}  // namespace tidegate::engine
