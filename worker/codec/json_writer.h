// Writes rows of columns as JSON.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "worker/codec/column.h"
#include "worker/codec/schema.h"

namespace tidegate::codec {

// Bytes that grow without being zeroed first (std::string zeroes), for output that is written in place.
class Bytes {
 public:
  std::size_t size() const { return size_; }
  std::string_view view(std::size_t from, std::size_t to) const { return {data_.get() + from, to - from}; }
  void resize(std::size_t size) { size_ = size; }  // only to less, or into what extend() made room for
  void clear() { size_ = 0; }
  // Room for `more` bytes at the end; the pointer holds until the next call.
  char* extend(std::size_t more);

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// The most bytes that write_json writes for this value.
std::size_t json_bound(FieldType type, const Column& column, std::size_t row);

// The value as JSON: BIGINT and DECIMAL as exact numbers, DOUBLE as write_double, DATE and TIMESTAMP as strings, NULL
// as null. Returns the end, or null for what JSON cannot say: NaN, infinities, years outside 0001 to 9999, more than 38
// digits. Writing null there would lose data in silence; the caller refuses the record instead.
char* write_json(FieldType type, const Column& column, std::size_t row, char* out);

// The same without quotes and escapes, for values that are not NULL.
void append_text(FieldType type, const Column& column, std::size_t row, std::string& out);

// Writes rows of one schema as compact objects in field order, nulls included. Immutable, so thread-safe.
class RowWriter {
 public:
  explicit RowWriter(const Schema& schema);

  // Appends one row; the index of the field that JSON cannot say (nothing is appended then), or nothing.
  std::optional<std::size_t> append(std::span<const Column> columns, std::size_t row, Bytes& out) const;

 private:
  struct Part {
    std::string label;       // `{"name":` or `,"name":`, then NULs up to a multiple of what is copied at once
    std::size_t label_size;  // without them
    FieldType type;
  };
  std::vector<Part> parts_;
  std::size_t fixed_bytes_ = 2;
};

}  // namespace tidegate::codec
