#include "worker/codec/csv_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "common/base/text.h"

namespace tidegate::codec {

CsvReader::CsvReader(Schema schema) : schema_(std::move(schema)) {
  for (std::size_t f = 0; f < schema_.size(); ++f) {
    if (schema_[f].from == From::value) values_.push_back(f);
  }
}

void CsvReader::begin(std::size_t bytes) {
  if (arena_.size() < bytes) arena_.resize(bytes);
  used_ = 0;
}

Result<void> CsvReader::read(std::string_view record, std::span<const Column> columns, std::size_t row) {
  if (read_cells(record, columns, row)) return {};
  return std::move(complaint_.error);
}

bool CsvReader::read_cells(std::string_view record, std::span<const Column> columns, std::size_t row) {
  if (record.size() > kMaxRecordBytes) return complaint_.oversized(record.size());
  if (!simdjson::validate_utf8(record.data(), record.size())) {
    return complaint_.set("Malformed", "the record is not UTF-8");
  }
  char* const copy = arena_.data() + used_;
  if (!record.empty()) std::memcpy(copy, record.data(), record.size());
  used_ += record.size();
  std::string_view rest(copy, record.size());
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  std::size_t count = 0;
  for (bool more = true; more; ++count) {
    CsvCell cell;
    if (const char* const wrong = take_csv_cell(rest, schema_.format().delimiter, cell)) {
      return complaint_.set("Malformed", wrong);
    }
    more = !rest.empty();
    if (more) rest.remove_prefix(1);  // the delimiter
    if (count >= values_.size()) continue;
    const std::size_t f = values_[count];
    if (!store(f, cell, columns[f], row)) return false;
  }
  if (count == values_.size()) return true;
  return complaint_.set("Malformed", cat("the record has ", std::to_string(count), " values, and there are ",
                                         std::to_string(values_.size()), " fields"));
}

bool CsvReader::store(std::size_t f, const CsvCell& cell, const Column& column, std::size_t row) {
  const Field& field = schema_[f];
  if (cell.text.empty() && !cell.quoted) {
    if (field.required) return complaint_.missing(field, "empty");
    column.set_null(row);
    return true;
  }
  Stored stored = Stored::wrong_type;
  switch (field.type.type) {
    case Type::boolean:
      if (cell.text == "true" || cell.text == "false") {
        stored = put(column, row, std::optional(cell.text == "true"));
      }
      break;
    case Type::integer:
    case Type::float64:
      stored = put_number(column, row, field, cell.text, true);
      break;
    default:
      stored = put_text(column, row, field, cell.text);
  }
  if (stored != Stored::value) return complaint_.wrong_type(field, shown(cell.text), "other text");
  column.set_valid(row);
  return true;
}

}  // namespace tidegate::codec
