#include "worker/codec/calendar.h"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>

using namespace tidegate::codec;

namespace {

std::string timestamp(std::int64_t microseconds) {
  char text[kTimestampBytes];
  char* const end = write_timestamp(microseconds, text);
  return end == nullptr ? "" : std::string(text, end);
}

std::string date(std::int32_t days) {
  char text[kTimestampBytes];
  char* const end = write_date(days, text);
  return end == nullptr ? "" : std::string(text, end);
}

}  // namespace

TEST_CASE("dates agree with the standard library over the whole range") {
  using namespace std::chrono;
  for (std::int32_t day = -719'162; day <= 2'932'896; day += 13) {
    const year_month_day civil{sys_days(days(day))};
    const std::string text = date(day);
    REQUIRE(parse_date(text) == day);
    REQUIRE(std::stoi(text) == static_cast<int>(civil.year()));
    REQUIRE(static_cast<unsigned>(std::stoi(text.substr(5))) == static_cast<unsigned>(civil.month()));
    REQUIRE(static_cast<unsigned>(std::stoi(text.substr(8))) == static_cast<unsigned>(civil.day()));
  }
  CHECK(date(-719'163).empty());
  CHECK(date(2'932'897).empty());
  CHECK(date(std::numeric_limits<std::int32_t>::max()).empty());
}

TEST_CASE("impossible dates are refused") {
  for (const char* text : {"2013-02-29", "1900-02-29", "2013-13-01", "2013-00-01", "2013-01-32", "2013-1-1", "13-01-01",
                           "0000-01-01", "2013-01-01x", "2013-01-01T00:00:00Z", ""}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text).has_value());
  }
  CHECK(parse_date("2000-02-29").has_value());
}

TEST_CASE("timestamps are read with offsets and written in UTC") {
  const auto round = [](const char* text) {
    const auto value = parse_timestamp(text);
    return value ? timestamp(*value) : "refused";
  };
  CHECK(round("2013-01-31T05:00:00Z") == "2013-01-31T05:00:00Z");
  CHECK(round("2013-01-31 05:00:00") == "2013-01-31T05:00:00Z");
  CHECK(round("2013-01-31T05:00") == "2013-01-31T05:00:00Z");
  CHECK(round("2013-01-31T05:00:00.5+01:00") == "2013-01-31T04:00:00.5Z");
  CHECK(round("2013-01-31T23:30:00-0130") == "2013-02-01T01:00:00Z");
  CHECK(round("2013-01-31T05:00:00+05") == "2013-01-31T00:00:00Z");
  CHECK(round("1969-12-31T23:59:59.999999Z") == "1969-12-31T23:59:59.999999Z");
  CHECK(round("2013-01-31T05:00:00.120000Z") == "2013-01-31T05:00:00.12Z");
  CHECK(parse_timestamp("1970-01-01T00:00:00.000001Z") == 1);
}

TEST_CASE("the usual form of a timestamp is read as the general one is") {
  const std::string usual = "2024-02-29T23:59:58";
  for (std::size_t at = 0; at < usual.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text = usual;
      text[at] = static_cast<char>(c);
      CAPTURE(text);
      CHECK(parse_timestamp(text + "Z") == parse_timestamp(text + "+00:00"));
    }
  }
  CHECK(parse_timestamp(usual + "Z") == 1709251198000000);
  CHECK_FALSE(parse_timestamp(usual + "+").has_value());
}

TEST_CASE("timestamps that would lose something or do not exist are refused") {
  for (const char* text : {"2013-01-31", "2013-01-31T24:00:00Z", "2013-01-31T23:60:00Z", "2013-01-31T23:59:60Z",
                           "2013-01-31T05:00:00.1234567Z", "2013-01-31T05:00:00.Z", "2013-01-31T05:00:00+1",
                           "2013-01-31T05:00:00+01:", "2013-01-31T05:00:00ZZ", "2013-01-31T05:00:00 UTC",
                           "2013-01-31T05", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "1359608400"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text).has_value());
  }
  CHECK(timestamp(std::numeric_limits<std::int64_t>::max()).empty());
  CHECK(timestamp(-std::numeric_limits<std::int64_t>::max()).empty());
}
