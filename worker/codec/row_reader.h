// One record at a time, for code without a query engine: sinks and the HTTP intake.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/column.h"
#include "worker/codec/record_reader.h"
#include "worker/codec/schema.h"

namespace tidegate::codec {

// Usage:
//   RowReader rows(schema);
//   if (auto read = rows.read(record); !read) dead_letter(read.error().reason, read.error().message);
//   else for (std::size_t f = 0; f < schema.size(); ++f) bind(rows.text(f));
// Rules and reasons as RecordReader. Not thread-safe.
class RowReader {
 public:
  explicit RowReader(Schema schema);

  const Schema& schema() const { return reader_.schema(); }

  // Reads a record; the row is held until the next call, as long as `metadata` is.
  Result<void> read(std::string_view record, const Metadata* metadata = nullptr);
  const std::string& summary() const { return reader_.summary(); }  // as RecordReader's

  bool is_null(std::size_t field) const { return !columns_[field].valid(0); }
  // The value in canonical text, which PostgreSQL accepts as input of the type; nullopt is NULL: `true`, `-12`, `0.1`
  // (shortest text that reads back as the same double), `12.50`, `2013-01-31`, `2013-01-31T05:00:00.5Z`; VARCHAR and
  // JSON as they are.
  std::optional<std::string> text(std::size_t field) const;
  // Same, appended to `out`; false when NULL. Allocates nothing when `out` has room.
  bool append_text(std::size_t field, std::string& out) const;

  // The held row as columns of which row 0 is set, for KeyEncoder.
  std::span<const Column> columns() const { return columns_; }

 private:
  struct alignas(16) Cell {
    unsigned char bytes[16];
  };
  RecordReader reader_;
  std::vector<Cell> cells_;
  std::vector<std::uint64_t> validity_;
  std::vector<Column> columns_;
};

}  // namespace tidegate::codec
