#include "worker/codec/number.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <string>

using namespace tidegate::codec;

namespace {

std::string shown(double value) {
  char text[kDoubleBytes];
  return {text, write_double(value, text)};
}

std::string decimal(Int128 unscaled, unsigned scale) {
  char text[kDecimalBytes];
  return {text, write_decimal(unscaled, scale, text)};
}

std::optional<Int128> scaled(const std::string& text, unsigned width, unsigned scale) {
  Number number;
  REQUIRE(scan_number(text, number));
  return to_scaled(number, width, scale);
}

}  // namespace

TEST_CASE("the grammar is that of JSON") {
  Number number;
  for (const char* good : {"0", "-0", "1", "10", "1.5", "-1.50", "1e3", "1E+3", "1.0e-3", "0.001"})
    CHECK(scan_number(good, number));
  for (const char* bad :
       {"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "1x", " 1", "1 ", "0x1", "NaN", "1.e3", "--1", "1e1.5"}) {
    CAPTURE(bad);
    CHECK_FALSE(scan_number(bad, number));
  }
}

TEST_CASE("decimals are exact or refused") {
  CHECK(*scaled("12.5", 10, 2) == 1250);
  CHECK(*scaled("-0.01", 10, 2) == -1);
  CHECK(*scaled("1.500", 10, 2) == 150);
  CHECK(*scaled("1e3", 10, 2) == 100000);
  CHECK(*scaled("0.000000e99999", 10, 2) == 0);
  CHECK_FALSE(scaled("1.005", 10, 2).has_value());
  CHECK_FALSE(scaled("100000000", 10, 2).has_value());
  CHECK(*scaled("99999999.99", 10, 2) == 9999999999);
  CHECK_FALSE(scaled("1e99999", 38, 0).has_value());
  CHECK_FALSE(scaled("1e-99999", 38, 38).has_value());
  CHECK(decimal(*scaled("99999999999999999999999999999999999999", 38, 0), 0) ==
        "99999999999999999999999999999999999999");
  CHECK(decimal(*scaled("-12345678901234567890123456789.012345678", 38, 9), 9) ==
        "-12345678901234567890123456789.012345678");
  CHECK_FALSE(scaled("100000000000000000000000000000000000000", 38, 0).has_value());
}

TEST_CASE("decimals are written with all their fraction digits") {
  CHECK(decimal(0, 0) == "0");
  CHECK(decimal(0, 2) == "0.00");
  CHECK(decimal(-5, 2) == "-0.05");
  CHECK(decimal(1250, 2) == "12.50");
  CHECK(decimal(7, 0) == "7");
}

TEST_CASE("integers keep 64 bits") {
  const auto integer = [](const char* text) {
    Number number;
    REQUIRE(scan_number(text, number));
    return to_integer(number, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  };
  CHECK(integer("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  CHECK(integer("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(integer("9223372036854775808") == std::nullopt);
  CHECK(integer("1.0") == 1);
  CHECK(integer("12e2") == 1200);
  CHECK(integer("1.5") == std::nullopt);
  CHECK(integer("-0") == 0);
}

TEST_CASE("doubles are the nearest ones") {
  const auto read = [](const std::string& text) {
    Number number;
    REQUIRE(scan_number(text, number));
    return to_double(number);
  };
  for (const char* text :
       {"0.1", "1e22", "1e23", "123456789012345678", "9007199254740993", "1.7976931348623157e308", "5e-324",
        "2.2250738585072011e-308", "0.30000000000000004", "-1.5", "3.14159265358979323846264338327950288"}) {
    CAPTURE(text);
    CHECK(read(text) == std::strtod(text, nullptr));
  }
  CHECK(read("1e-999") == 0.0);
  CHECK(read("1e999") == std::nullopt);
  CHECK(std::signbit(*read("-0")));
}

TEST_CASE("doubles are written shortest and read back the same") {
  CHECK(shown(0) == "0");
  CHECK(shown(-0.0) == "-0");
  CHECK(shown(0.1) == "0.1");
  CHECK(shown(0.01) == "0.01");
  CHECK(shown(-12.34) == "-12.34");
  CHECK(shown(100000) == "100000");
  CHECK(shown(0.1 + 0.2) == "0.30000000000000004");
  CHECK(shown(1e20) == "100000000000000000000");
  CHECK(shown(1e21) == "1e+21");
  CHECK(shown(1e-7) == "1e-07");
  CHECK(shown(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::uint64_t bits = random();
    double value = 0;
    if (i % 2 == 0) {
      std::memcpy(&value, &bits, sizeof value);
      if (!std::isfinite(value)) continue;
    } else {
      value = static_cast<double>(bits % 100'000'000'000'000) / 100;  // around the path for few fraction digits
    }
    CHECK(std::strtod(shown(value).c_str(), nullptr) == value);
    char plain[64];
    const auto end = std::snprintf(plain, sizeof plain, "%.17g", value);
    CHECK(shown(value).size() <= static_cast<std::size_t>(end) + 22);
  }
}
