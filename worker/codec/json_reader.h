// Reads JSON records into columns.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "worker/codec/column.h"
#include "worker/codec/schema.h"

namespace tidegate::codec {

// Reads one record after the other. The whole record must be valid JSON (RFC 8259, UTF-8, nesting <= 256), undeclared
// fields included; those are ignored otherwise. Of a field given twice the last value counts. Numbers are exact:
// BIGINT, INTEGER and DECIMAL come from the number's text (1.0 and 1e2 are integers, 1.5 and excess fraction digits are
// WrongType); BIGINT, DECIMAL and times with a unit also from a string. An object or array in a VARCHAR field is
// WrongType; a JSON field is any value, kept byte for byte. A field with a path lies in nested objects; it is missing
// when one of them is missing or null, and anything else in an object's place is WrongType. Fields from beside the
// value are left alone. Not thread-safe; one reader per thread. Allocates only when a batch is larger than any before.
class JsonReader {
 public:
  explicit JsonReader(Schema schema);
  JsonReader(JsonReader&&) noexcept;
  JsonReader& operator=(JsonReader&&) noexcept;
  ~JsonReader();

  const Schema& schema() const;

  // Starts a batch whose records have at most `bytes` bytes in all. Texts of earlier batches become invalid.
  void begin(std::size_t bytes);

  // Reads `record` into row `row` of `columns` (one per field, in schema order, each with room for that row). Texts
  // point into this reader until the next begin(). Fails with reason Malformed, WrongType, MissingField or Oversized
  // for the first problem in the record, the message naming the field; the row's contents are then unspecified: use it
  // for the next record.
  Result<void> read(std::string_view record, std::span<const Column> columns, std::size_t row);

  // What was wrong with the record that read() refused last, in a few words that name the field and hold nothing else
  // of the record, such as "amount: expected DOUBLE, found text".
  const std::string& summary() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::codec
