#include "worker/engine/result_columns.h"

#include <limits>

namespace tidegate::engine {
namespace {

// Infinities and what would overflow become a time that no text stands for; the writer refuses it then.
constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::max();

std::int64_t scaled_time(std::int64_t value, std::int64_t factor) {
  std::int64_t result = 0;
  return __builtin_mul_overflow(value, factor, &result) ? kNoTime : result;
}

std::int64_t from_nanoseconds(std::int64_t value) {
  if (value == kNoTime || value == -kNoTime) return kNoTime;
  return value / 1000 - (value % 1000 < 0 ? 1 : 0);
}

template <typename From, typename To, typename Map>
void convert(const void* from, void* to, std::size_t rows, const Map& map) {
  const auto* source = static_cast<const From*>(from);
  auto* target = static_cast<To*>(to);
  for (std::size_t row = 0; row < rows; ++row) target[row] = map(source[row]);
}

template <typename From, typename To>
void widen(const void* from, void* to, std::size_t rows) {
  convert<From, To>(from, to, rows, [](From value) { return static_cast<To>(value); });
}

bool needs_conversion(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return true;
    default:
      return false;
  }
}

void convert_column(duckdb_type type, const void* from, void* to, std::size_t rows) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
      return widen<std::int8_t, std::int32_t>(from, to, rows);
    case DUCKDB_TYPE_SMALLINT:
      return widen<std::int16_t, std::int32_t>(from, to, rows);
    case DUCKDB_TYPE_UTINYINT:
      return widen<std::uint8_t, std::int32_t>(from, to, rows);
    case DUCKDB_TYPE_USMALLINT:
      return widen<std::uint16_t, std::int32_t>(from, to, rows);
    case DUCKDB_TYPE_UINTEGER:
      return widen<std::uint32_t, std::int64_t>(from, to, rows);
    case DUCKDB_TYPE_UBIGINT:
      return widen<std::uint64_t, codec::Int128>(from, to, rows);
    case DUCKDB_TYPE_FLOAT:
      return widen<float, double>(from, to, rows);
    case DUCKDB_TYPE_TIMESTAMP_S:
      return convert<std::int64_t, std::int64_t>(from, to, rows,
                                                 [](std::int64_t v) { return scaled_time(v, 1'000'000); });
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return convert<std::int64_t, std::int64_t>(from, to, rows, [](std::int64_t v) { return scaled_time(v, 1'000); });
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return convert<std::int64_t, std::int64_t>(from, to, rows, from_nanoseconds);
    default:
      return;
  }
}

}  // namespace

ResultColumns::ResultColumns(const std::vector<duckdb_type>& types)
    : types_(types), columns_(types.size()), scratch_(types.size()) {
  for (std::size_t c = 0; c < types.size(); ++c) {
    if (needs_conversion(types[c])) scratch_[c] = std::make_unique<std::int64_t[]>(2 * duckdb_vector_size());
  }
}

std::span<const codec::Column> ResultColumns::read(duckdb_data_chunk chunk, std::size_t first) {
  const std::size_t rows = duckdb_data_chunk_get_size(chunk);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, first + c);
    void* const data = duckdb_vector_get_data(vector);
    columns_[c] = {data, duckdb_vector_get_validity(vector)};
    if (scratch_[c] == nullptr) continue;
    convert_column(types_[c], data, scratch_[c].get(), rows);
    columns_[c].data = scratch_[c].get();
  }
  return columns_;
}

}  // namespace tidegate::engine
