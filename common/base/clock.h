// Time as a parameter, so that tests decide what time it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.h"

namespace tidegate {

using Duration = std::chrono::milliseconds;
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

// Both clocks behind one value; copies share nothing. Thread-safe as far as the functions given are.
struct Clock {
  std::function<WallTime()> wall;
  std::function<SteadyTime()> steady;

  static Clock real();
};

// Milliseconds since 1970, as Kafka tells time.
inline std::int64_t epoch_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// RFC 3339 in UTC: to seconds ("2026-01-02T03:04:05Z", Kubernetes Time) or with exactly six fraction digits
// (MicroTime).
std::string to_rfc3339(WallTime time);
std::string to_rfc3339_micro(WallTime time);
// Reads both, UTC only ("Z"). Fails with reason InvalidTime.
Result<WallTime> parse_rfc3339(const std::string& text);

// Go's duration notation ("1h30m", "250ms"), units ns to h. Fails with reason InvalidDuration.
Result<Duration> parse_duration(const std::string& text);

}  // namespace tidegate
