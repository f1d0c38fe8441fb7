#include "worker/codec/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace tidegate::codec {
namespace {

__extension__ using UInt128 = unsigned __int128;

constexpr unsigned kMaxDigits = 38;

constexpr std::array<UInt128, kMaxDigits + 1> powers_of_ten() {
  std::array<UInt128, kMaxDigits + 1> powers{};
  UInt128 power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}
constexpr auto kPowers = powers_of_ten();

// Every power that a double holds exactly.
constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Appends a digit; zeros in front are not significant.
void push_digit(Number& number, char c) {
  const auto digit = static_cast<unsigned>(c - '0');
  if (number.count == 0 && digit == 0) return;
  ++number.count;
  if (number.count <= 19) {
    number.digits = number.digits * 10 + digit;
  } else {
    if (number.count == 20) number.wide = number.digits;
    if (number.count <= kMaxDigits) number.wide = number.wide * 10 + digit;
  }
}

// An exponent beyond this range can only give zero, infinity or a refusal; clamping keeps the arithmetic safe.
constexpr int kExponentClamp = 100'000;

// Digits only, perhaps with a point and a sign, at most 18 of them: what numbers mostly are. Nothing is decided when
// false.
bool scan_short(std::string_view text, Number& number) {
  constexpr std::size_t kLongest = 20;
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.empty() || text.size() > kLongest) return false;
  const bool negative = *at == '-';
  at += negative ? 1 : 0;
  const char* const first = at;
  std::uint64_t digits = 0;
  for (; at != end && is_digit(*at); ++at) digits = digits * 10 + static_cast<unsigned>(*at - '0');
  const auto whole = at - first;
  if (whole == 0 || (whole > 1 && *first == '0')) return false;
  std::ptrdiff_t fraction = 0;
  if (at != end && *at == '.') {
    const char* const point = at++;
    for (; at != end && is_digit(*at); ++at) digits = digits * 10 + static_cast<unsigned>(*at - '0');
    fraction = at - point - 1;
    if (fraction == 0) return false;
  }
  if (at != end || whole + fraction > 18) return false;
  number.negative = negative;
  number.exact = true;
  number.count = digits == 0 ? 0 : static_cast<unsigned>(whole + fraction);
  number.exponent = -static_cast<std::int32_t>(fraction);
  number.digits = digits;
  number.wide = digits;
  number.text = text;
  return true;
}

}  // namespace

bool scan_number(std::string_view text, Number& number) {
  if (scan_short(text, number)) return true;
  number = Number{};
  number.text = text;
  const char* at = text.data();
  const char* const end = at + text.size();
  if (at != end && *at == '-') {
    number.negative = true;
    ++at;
  }
  if (at == end || !is_digit(*at)) return false;
  if (*at == '0' && at + 1 != end && is_digit(at[1])) return false;
  for (; at != end && is_digit(*at); ++at) push_digit(number, *at);
  std::int64_t exponent = 0;
  if (at != end && *at == '.') {
    const char* const first = ++at;
    for (; at != end && is_digit(*at); ++at) push_digit(number, *at);
    if (at == first) return false;
    exponent = first - at;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    const bool minus = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    if (at == end) return false;
    std::int64_t value = 0;
    for (; at != end && is_digit(*at); ++at) value = std::min<std::int64_t>(value * 10 + (*at - '0'), kExponentClamp);
    if (!is_digit(at[-1])) return false;
    exponent += minus ? -value : value;
  }
  if (at != end) return false;
  number.exponent = static_cast<std::int32_t>(std::max<std::int64_t>(exponent, -2 * kExponentClamp * 10));
  number.exact = number.count <= kMaxDigits;
  if (number.count <= 19) number.wide = number.digits;
  return true;
}

std::optional<Int128> to_scaled(const Number& number, unsigned width, unsigned scale) {
  if (number.count == 0) return Int128{0};
  if (!number.exact) return std::nullopt;
  UInt128 value = number.wide;
  std::int64_t shift = std::int64_t{number.exponent} + scale;
  for (; shift < 0; ++shift) {
    if (value % 10 != 0) return std::nullopt;
    value /= 10;
  }
  if (shift > 0) {
    if (shift > kMaxDigits || value > kPowers[kMaxDigits] / kPowers[static_cast<std::size_t>(shift)])
      return std::nullopt;
    value *= kPowers[static_cast<std::size_t>(shift)];
  }
  if (value >= kPowers[width]) return std::nullopt;
  return number.negative ? -static_cast<Int128>(value) : static_cast<Int128>(value);
}

std::optional<std::int64_t> to_integer(const Number& number, std::int64_t lowest, std::int64_t highest) {
  if (number.exponent == 0 && number.count <= 18) {  // nearly every number
    const auto magnitude = static_cast<std::int64_t>(number.digits);
    const std::int64_t value = number.negative ? -magnitude : magnitude;
    if (value < lowest || value > highest) return std::nullopt;
    return value;
  }
  const std::optional<Int128> value = to_scaled(number, 19, 0);
  if (!value || *value < lowest || *value > highest) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<double> to_double(const Number& number) {
  // Clinger's fast path: both operands are exact, so the one operation rounds correctly.
  if (number.digits <= (std::uint64_t{1} << 53) && number.count <= 19 && number.exponent >= -22 &&
      number.exponent <= 22) {
    auto value = static_cast<double>(number.digits);
    value = number.exponent < 0 ? value / kExactPowers[-number.exponent] : value * kExactPowers[number.exponent];
    return number.negative ? -value : value;
  }
  double value = 0;
  const char* const end = number.text.data() + number.text.size();
  const auto result = std::from_chars(number.text.data(), end, value);
  if (result.ec == std::errc()) return value;
  value = std::strtod(std::string(number.text).c_str(), nullptr);  // tells underflow from overflow
  if (std::isinf(value)) return std::nullopt;
  return value;
}

char* write_double(double value, char* out) {
  const double magnitude = std::fabs(value);
  // Two fraction digits or fewer (money, counts): any decimal of at most 15 digits is the shortest text of its double.
  if (magnitude < 1e12) {
    const double scaled = magnitude * 100;
    const auto cents = static_cast<std::uint64_t>(scaled);
    if (static_cast<double>(cents) == scaled && static_cast<double>(cents) / 100 == magnitude) {
      if (std::signbit(value)) *out++ = '-';
      out = std::to_chars(out, out + 20, cents / 100).ptr;
      if (const auto fraction = static_cast<unsigned>(cents % 100); fraction != 0) {
        *out++ = '.';
        *out++ = static_cast<char>('0' + fraction / 10);
        if (fraction % 10 != 0) *out++ = static_cast<char>('0' + fraction % 10);
      }
      return out;
    }
  }
  const bool positional = magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21);
  return std::to_chars(out, out + kDoubleBytes, value,
                       positional ? std::chars_format::fixed : std::chars_format::scientific)
      .ptr;
}

bool fits_decimal(Int128 unscaled) {
  const auto limit = static_cast<Int128>(kPowers[kMaxDigits]);
  return unscaled < limit && unscaled > -limit;
}

char* write_decimal(Int128 unscaled, unsigned scale, char* out) {
  UInt128 magnitude = unscaled < 0 ? UInt128{0} - static_cast<UInt128>(unscaled) : static_cast<UInt128>(unscaled);
  char digits[kDecimalBytes];
  char* const end = digits + kDecimalBytes;
  char* at = end;
  unsigned written = 0;
  do {
    if (written == scale && scale != 0) *--at = '.';
    *--at = static_cast<char>('0' + static_cast<unsigned>(magnitude % 10));
    magnitude /= 10;
    ++written;
  } while (magnitude != 0 || written <= scale);
  if (unscaled < 0) *--at = '-';
  const auto length = static_cast<std::size_t>(end - at);
  std::char_traits<char>::copy(out, at, length);
  return out + length;
}

}  // namespace tidegate::codec
