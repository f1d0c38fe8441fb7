// Rows under a header, as records of a topic of JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/json_writer.h"
#include "worker/codec/row_reader.h"
#include "worker/codec/schema.h"

namespace tidegate::codec {

// One thread uses it.
class CsvTable {
 public:
  // `fields`: of the topic, those of the value, flat. `header`: a CSV record of the columns' names, in any order;
  // columns that are no fields are left out, fields that are no columns are null. Fails with Malformed.
  static Result<CsvTable> of(const Schema& fields, std::string_view header);

  // A row as a compact JSON object of the fields in their order, nulls included. The text holds until the next call.
  // Fails as RecordReader does.
  Result<std::string_view> read(std::string_view row);
  const std::string& summary() const { return summary_; }  // as RecordReader's

 private:
  CsvTable(const Schema& fields, Schema columns);
  Error refused(const char* reason, const Field& field, const char* why);

  Schema fields_;
  RowReader rows_;
  RowWriter writer_;
  std::vector<std::optional<std::size_t>> places_;  // of each field among the columns
  std::vector<Column> values_;
  Bytes out_;
  std::string summary_;
};

}  // namespace tidegate::codec
