#include "common/base/clock.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace std::chrono_literals;

TEST_CASE("durations in Go notation") {
  CHECK(parse_duration("250ms").value() == 250ms);
  CHECK(parse_duration("1h30m").value() == 90min);
  CHECK(parse_duration("168h").value() == 168h);
  CHECK(parse_duration("1.5s").value() == 1500ms);
}

TEST_CASE("what is no duration is refused by its own text") {
  for (const char* text : {"", "5", "s", "5d", "1h 5m", "-5s", "5 m"}) {
    const auto parsed = parse_duration(text);
    CAPTURE(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().reason == "InvalidDuration");
    CHECK(parsed.error().message.find(text) != std::string::npos);
  }
}

TEST_CASE("RFC 3339 to seconds and with exactly six fraction digits") {
  const WallTime time{1767323045000042us};
  CHECK(to_rfc3339(time) == "2026-01-02T03:04:05Z");
  CHECK(to_rfc3339_micro(time) == "2026-01-02T03:04:05.000042Z");
}

TEST_CASE("RFC 3339 times are read as they are written") {
  const WallTime time = WallTime(std::chrono::seconds(1'767'225'600)) + std::chrono::microseconds(250'001);
  CHECK(parse_rfc3339(to_rfc3339_micro(time)).value() == time);
  CHECK(parse_rfc3339("2026-01-01T00:00:00Z").value() == WallTime(std::chrono::seconds(1'767'225'600)));
  for (const char* text :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00", "x2026-01-01T00:00:00Z"})
    CHECK_FALSE(parse_rfc3339(text));
}
