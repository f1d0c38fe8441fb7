// Writes records into Parquet files.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "worker/codec/metadata.h"
#include "worker/codec/schema.h"

namespace tidegate::engine {

// A DuckDB of its own, because it may use files: it never sees a user's SQL. A field is a column of the type that
// DuckDB has for it; a TIMESTAMP is one in UTC. Compressed with zstd. Use from one thread.
class ParquetWriter {
 public:
  // Fails with EngineFailed. `memory_limit` in DuckDB's notation.
  static Result<ParquetWriter> open(const codec::Schema& fields, const std::string& memory_limit);

  ParquetWriter(ParquetWriter&&) noexcept;
  ParquetWriter& operator=(ParquetWriter&&) noexcept;
  ~ParquetWriter();

  // Replaces the file; returns how many rows it says to hold. `metadata`: as Engine::run takes it. Every record must be
  // readable by a RecordReader: one that is not fails with EngineFailed, as a disk that is full does.
  Result<std::int64_t> write(std::span<const std::string_view> records, std::span<const codec::Metadata> metadata,
                             const std::string& path);

 private:
  struct Impl;
  explicit ParquetWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::engine
