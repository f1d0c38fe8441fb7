// Dates and timestamps as ISO 8601 text, proleptic Gregorian, years 0001 to 9999.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tidegate::codec {

// `2013-01-31` as days since 1970-01-01.
std::optional<std::int32_t> parse_date(std::string_view text);

// `2013-01-31T05:00:00.123456+01:00` as microseconds since 1970-01-01 UTC. `T` or a blank; seconds, fraction (<= 6
// digits) and offset (`Z`, `+hh`, `+hhmm`, `+hh:mm`) may be left out; no offset means UTC.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

// Whether a time in microseconds lies in those years.
bool in_calendar(std::int64_t microseconds);

// The inverse; null when the year is outside 0001 to 9999 (DuckDB's infinities are). Timestamps end in `Z` and have
// fraction digits only when not zero, without trailing zeros. Writes at most kTimestampBytes and returns the end.
inline constexpr std::size_t kTimestampBytes = 27;
char* write_date(std::int32_t days, char* out);
char* write_timestamp(std::int64_t microseconds, char* out);

}  // namespace tidegate::codec
