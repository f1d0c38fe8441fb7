// Reads CSV records into columns.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/column.h"
#include "worker/codec/csv_cells.h"
#include "worker/codec/schema.h"
#include "worker/codec/values.h"

namespace tidegate::codec {

// A record is one line of RFC 4180 without a header, with exactly the declared fields in their order; one line end
// behind it is left out. Values that hold the delimiter, a quote or a line end stand in quotes, quotes in them are
// doubled. Nothing between two delimiters is null, a pair of quotes is the empty text. Values are texts of their types
// as in JSON; numbers and times with a unit by JSON's number grammar. Interface and lifetimes as JsonReader's.
class CsvReader {
 public:
  explicit CsvReader(Schema schema);

  const Schema& schema() const { return schema_; }
  void begin(std::size_t bytes);
  Result<void> read(std::string_view record, std::span<const Column> columns, std::size_t row);
  const std::string& summary() const { return complaint_.summary; }

 private:
  bool read_cells(std::string_view record, std::span<const Column> columns, std::size_t row);
  bool store(std::size_t f, const CsvCell& cell, const Column& column, std::size_t row);

  Schema schema_;
  std::vector<std::size_t> values_;  // the fields that are read here
  std::vector<char> arena_;
  std::size_t used_ = 0;
  Complaint complaint_;
};

}  // namespace tidegate::codec
