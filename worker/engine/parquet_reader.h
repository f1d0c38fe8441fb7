// Reads Parquet files, row by row.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/schema.h"

namespace tidegate::engine {

// A DuckDB of its own, as ParquetWriter's. What a value is counts as text, by the rules of the topic's fields and not
// by DuckDB's casts, which round. Use from one thread.
class ParquetReader {
 public:
  // From row number `first` (0: the first one) on, the columns that are fields; a field without a column is NULL. Fails
  // with Malformed for what is no Parquet file, else with EngineFailed. `memory_limit` in DuckDB's notation.
  static Result<ParquetReader> open(const std::string& path, const codec::Schema& fields, std::int64_t first,
                                    const std::string& memory_limit);
  // What CsvTable takes as the header of the rows: all fields.
  static std::string header(const codec::Schema& fields);

  ParquetReader(ParquetReader&&) noexcept;
  ParquetReader& operator=(ParquetReader&&) noexcept;
  ~ParquetReader();

  // The next rows, some thousands, each as a CSV record of the fields: nothing is NULL, all else stands in quotes.
  // None: the end. Fails as open(); nothing can be read then any more.
  Result<std::vector<std::string>> next();

 private:
  struct Impl;
  explicit ParquetReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::engine
