#include "worker/codec/values.h"

#include "common/base/text.h"

namespace tidegate::codec {
namespace {

std::string_view expectation(const Field& field) {
  switch (field.type.type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "an integer from -2147483648 to 2147483647";
    case Type::bigint:
      return "an integer of 64 bits, as a number or a string";
    case Type::float64:
      return "a number that fits a double";
    case Type::decimal:
      return "a number that fits without rounding, as a number or a string";
    case Type::varchar:
      return "a string";
    case Type::date:
      return "a string such as \"2013-01-31\"";
    case Type::timestamp:
      switch (field.unit) {
        case Unit::none:
          return "an ISO 8601 string such as \"2013-01-31T05:00:00Z\", at most six fraction digits";
        case Unit::seconds:
          return "seconds since 1970 in the years 1 to 9999, at most six fraction digits";
        case Unit::milliseconds:
          return "milliseconds since 1970 in the years 1 to 9999, at most three fraction digits";
        case Unit::microseconds:
          return "microseconds since 1970 in the years 1 to 9999";
      }
      break;
    case Type::json:
      return "JSON";
  }
  return {};
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 40;
  return text.size() <= kShown ? std::string(text) : cat(truncate_utf8(text, kShown), "…");
}

bool Complaint::set(const char* reason, std::string message, std::string short_words) {
  summary = short_words.empty() ? message : std::move(short_words);
  error = {reason, std::move(message)};
  return false;
}

bool Complaint::wrong_type(const Field& field, std::string_view found, std::string_view kind) {
  return set(
      "WrongType",
      cat("field \"", field.name, "\" of type ", field.type.name(), " must be ", expectation(field), ", not ", found),
      cat(field.name, ": expected ", field.type.name(), ", found ", kind));
}

bool Complaint::missing(const Field& field, std::string_view how) {
  return set("MissingField", cat("field \"", field.name, "\" is required but ", how),
             cat(field.name, ": required but ", how));
}

bool Complaint::oversized(std::size_t bytes) {
  return set("Oversized", cat("the record has ", std::to_string(bytes), " bytes, at most ",
                              std::to_string(kMaxRecordBytes), " are accepted"));
}

std::optional<std::int64_t> to_time(const Number& number, Unit unit) {
  const unsigned scale = unit == Unit::seconds ? 6 : unit == Unit::milliseconds ? 3 : 0;
  const std::optional<Int128> value = to_scaled(number, 18, scale);  // the year 9999 has 18 digits
  if (!value || !in_calendar(static_cast<std::int64_t>(*value))) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

}  // namespace tidegate::codec
