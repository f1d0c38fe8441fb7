// The texts of values into columns, for the readers of this folder. Inline: this is where a record's time goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "worker/codec/calendar.h"
#include "worker/codec/column.h"
#include "worker/codec/number.h"
#include "worker/codec/schema.h"

namespace tidegate::codec {

inline constexpr std::size_t kMaxRecordBytes = 512 * 1024;

// Why a record could not be read: reason and message, and a summary of few words that names the field and holds nothing
// else of the record.
struct Complaint {
  Error error;
  std::string summary;

  // Without a summary the message is fit to be one. Returns false, for the caller to return.
  bool set(const char* reason, std::string message, std::string short_words = {});
  // For a value that does not fit; `found` quotes it for the message, `kind` says what it is for the summary.
  bool wrong_type(const Field& field, std::string_view found, std::string_view kind);
  // `how`: null or missing.
  bool missing(const Field& field, std::string_view how);
  bool oversized(std::size_t bytes);
};

// A text as a message quotes it: cut when long.
std::string shown(std::string_view text);

enum class Stored : std::uint8_t { value, wrong_type, malformed };

template <typename T>
Stored put(const Column& column, std::size_t row, std::optional<T> value) {
  if (!value) return Stored::wrong_type;
  if (column.data != nullptr) column.at<T>(row) = *value;
  return Stored::value;
}

inline Stored put_decimal(const Column& column, std::size_t row, FieldType type, const Number& number) {
  const std::optional<Int128> value = to_scaled(number, type.width, type.scale);
  if (!value) return Stored::wrong_type;
  if (column.data == nullptr) return Stored::value;
  switch (element_size(type)) {
    case 2:
      column.at<std::int16_t>(row) = static_cast<std::int16_t>(*value);
      break;
    case 4:
      column.at<std::int32_t>(row) = static_cast<std::int32_t>(*value);
      break;
    case 8:
      column.at<std::int64_t>(row) = static_cast<std::int64_t>(*value);
      break;
    default:
      std::memcpy(&column.at<Int128>(row), &*value, sizeof *value);
  }
  return Stored::value;
}

// The time that a number of these units says, when microseconds hold it exactly and a calendar has it.
std::optional<std::int64_t> to_time(const Number& number, Unit unit);

// `quoted`: a string that should hold a number.
inline Stored put_number(const Column& column, std::size_t row, const Field& field, std::string_view text,
                         bool quoted) {
  Number number;
  if (!scan_number(text, number)) return quoted ? Stored::wrong_type : Stored::malformed;
  switch (field.type.type) {
    case Type::integer: {
      const auto value =
          to_integer(number, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
      return put(column, row, value ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt);
    }
    case Type::bigint:
      return put(
          column, row,
          to_integer(number, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
    case Type::float64:
      return put(column, row, to_double(number));
    case Type::decimal:
      return put_decimal(column, row, field.type, number);
    case Type::timestamp:
      return field.unit == Unit::none ? Stored::wrong_type : put(column, row, to_time(number, field.unit));
    default:
      return Stored::wrong_type;
  }
}

// A string's contents; the text must stay where it is.
inline Stored put_text(const Column& column, std::size_t row, const Field& field, std::string_view text) {
  switch (field.type.type) {
    case Type::varchar:
    case Type::json:
      if (column.data != nullptr) column.at<Text>(row) = Text(text);
      return Stored::value;
    case Type::date:
      return put(column, row, parse_date(text));
    case Type::timestamp:
      if (field.unit != Unit::none) return put_number(column, row, field, text, true);
      return put(column, row, parse_timestamp(text));
    case Type::bigint:
    case Type::decimal:
      return put_number(column, row, field, text, true);
    default:
      return Stored::wrong_type;
  }
}

}  // namespace tidegate::codec
