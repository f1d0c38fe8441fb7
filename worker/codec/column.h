// Columns of typed values in plain memory: what the JSON reader fills and the JSON writer reads. The layout is that of
// DuckDB's flat vectors, so that the engine passes its vectors' memory and no value is copied in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "worker/codec/schema.h"

namespace tidegate::codec {

__extension__ using Int128 = __int128;

// Text of at most 4 GiB: up to 12 bytes inside, longer text elsewhere (with its first 4 bytes here). Does not own.
class Text {
 public:
  static constexpr std::uint32_t kInlined = 12;

  Text() = default;
  explicit Text(std::string_view text) : length_(static_cast<std::uint32_t>(text.size())) {
    if (length_ <= kInlined) {
      std::memset(bytes_, 0, kInlined);
      if (length_ != 0) std::memcpy(bytes_, text.data(), length_);
    } else {
      const char* data = text.data();
      std::memcpy(bytes_, data, 4);
      std::memcpy(bytes_ + 4, &data, sizeof data);
    }
  }
  std::string_view view() const {
    if (length_ <= kInlined) return {bytes_, length_};
    const char* data;
    std::memcpy(&data, bytes_ + 4, sizeof data);
    return {data, length_};
  }

 private:
  std::uint32_t length_ = 0;
  char bytes_[kInlined] = {};
};
static_assert(sizeof(Text) == 16);

constexpr std::uint64_t kAllValid = ~std::uint64_t{0};  // a word of Column::validity

// One column. Element types of `data`: BOOLEAN bool; INTEGER int32; BIGINT int64; DOUBLE double; VARCHAR and JSON Text;
// DATE int32 days and TIMESTAMP int64 microseconds since 1970-01-01 UTC; DECIMAL the unscaled value as
// int16/int32/int64/Int128 for width <= 4/9/18/38. Not owned.
struct Column {
  void* data = nullptr;               // null: the reader checks the field but does not store it
  std::uint64_t* validity = nullptr;  // one bit per row, 1 = not null; null (for the writer only): no nulls

  bool valid(std::size_t row) const { return validity == nullptr || ((validity[row >> 6] >> (row & 63)) & 1) != 0; }
  void set_valid(std::size_t row) const { validity[row >> 6] |= std::uint64_t{1} << (row & 63); }
  void set_null(std::size_t row) const { validity[row >> 6] &= ~(std::uint64_t{1} << (row & 63)); }
  template <typename T>
  T& at(std::size_t row) const {
    return static_cast<T*>(data)[row];
  }
};

// Bytes per element of a column of this type.
std::size_t element_size(FieldType type);

// Whether they are codec::Text.
constexpr bool is_text(FieldType type) {
  return type.type == Type::varchar || type.type == Type::json;
}

// The unscaled value of a DECIMAL column's row.
Int128 decimal_at(const Column& column, FieldType type, std::size_t row);

}  // namespace tidegate::codec
