// Exact reading and writing of numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "worker/codec/column.h"

namespace tidegate::codec {

// A number taken apart: value = (negative ? -1 : 1) * digits * 10^exponent.
struct Number {
  bool negative = false;
  bool exact = true;   // false: more than 38 significant digits, `digits` is not usable
  unsigned count = 0;  // digits in `digits`, at least the significant ones; 0 when the value is zero
  std::int32_t exponent = 0;
  std::uint64_t digits = 0;                  // valid while count <= 19
  __extension__ unsigned __int128 wide = 0;  // the same for any count <= 38
  std::string_view text;
};

// Reads `text` as a whole by JSON's number grammar (RFC 8259, section 6); false when it is not one.
bool scan_number(std::string_view text, Number& number);

// value * 10^scale when that is an integer of magnitude < 10^width (width <= 38); nothing otherwise.
std::optional<Int128> to_scaled(const Number& number, unsigned width, unsigned scale);
// The value when it is an integer of that range.
std::optional<std::int64_t> to_integer(const Number& number, std::int64_t lowest, std::int64_t highest);
// The nearest double (ties to even); nothing when it overflows.
std::optional<double> to_double(const Number& number);

// The shortest text that reads back as the same double: positional from 1e-6 to below 1e21, with an exponent elsewhere
// (as in JavaScript). `value` is finite. Writes at most kDoubleBytes and returns the end.
inline constexpr std::size_t kDoubleBytes = 40;
char* write_double(double value, char* out);

// Whether the value has at most 38 digits, the most a DECIMAL can have (128 bits hold a little more).
bool fits_decimal(Int128 unscaled);

// `unscaled` / 10^scale with exactly `scale` fraction digits. Writes at most kDecimalBytes and returns the end.
inline constexpr std::size_t kDecimalBytes = 48;
char* write_decimal(Int128 unscaled, unsigned scale, char* out);

}  // namespace tidegate::codec
