#include "common/base/clock.h"

#include <cctype>
#include <cstdio>
#include <ctime>

namespace tidegate {
namespace {

std::string format_utc(WallTime time, bool micros) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t t = std::chrono::system_clock::to_time_t(seconds);
  std::tm tm{};
  gmtime_r(&t, &tm);
  char text[40];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  std::string out(text, n);
  if (micros) {
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ".%06d", static_cast<int>((time - seconds).count()));
    out += fraction;
  }
  return out + "Z";
}

// Nanoseconds in one unit, 0 when the unit is unknown.
double unit_nanoseconds(const std::string& unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "µs") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  if (unit == "m") return 60e9;
  if (unit == "h") return 3600e9;
  return 0;
}

}  // namespace

Clock Clock::real() {
  return {[] { return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()); },
          [] { return std::chrono::steady_clock::now(); }};
}

std::string to_rfc3339(WallTime time) {
  return format_utc(time, false);
}

std::string to_rfc3339_micro(WallTime time) {
  return format_utc(time, true);
}

Result<WallTime> parse_rfc3339(const std::string& text) {
  const Error invalid{"InvalidTime", "'" + text + "' is not a time such as 2026-01-02T03:04:05Z"};
  std::tm tm{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
  if (end == nullptr) return invalid;
  std::int64_t micros = 0;
  if (*end == '.') {
    std::int64_t unit = 100'000;
    for (++end; std::isdigit(static_cast<unsigned char>(*end)); ++end, unit /= 10) micros += (*end - '0') * unit;
  }
  if (std::string(end) != "Z") return invalid;
  return WallTime(std::chrono::seconds(timegm(&tm)) + std::chrono::microseconds(micros));
}

Result<Duration> parse_duration(const std::string& text) {
  const Error invalid{"InvalidDuration", "'" + text + "' is not a duration such as 30s, 5m or 1h30m"};
  double nanoseconds = 0;
  std::size_t at = 0;
  if (text.empty()) return invalid;
  while (at < text.size()) {
    std::size_t number_end = at;
    while (number_end < text.size() &&
           (std::isdigit(static_cast<unsigned char>(text[number_end])) || text[number_end] == '.')) {
      ++number_end;
    }
    std::size_t unit_end = number_end;
    while (unit_end < text.size() && !std::isdigit(static_cast<unsigned char>(text[unit_end])) &&
           text[unit_end] != '.') {
      ++unit_end;
    }
    const double unit = unit_nanoseconds(text.substr(number_end, unit_end - number_end));
    if (number_end == at || unit == 0) return invalid;
    nanoseconds += std::strtod(text.substr(at, number_end - at).c_str(), nullptr) * unit;
    at = unit_end;
  }
  return Duration(static_cast<Duration::rep>(nanoseconds / 1e6));
}

}  // namespace tidegate
