// How times and tables are written for people.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"

namespace tidegate::cli {

// RFC 3339 in UTC as Kubernetes writes it; fractions of a second are dropped. Nothing when it is no time.
std::optional<WallTime> parse_time(const std::string& text);

// 0 when `from` is later.
std::int64_t milliseconds_between(WallTime from, WallTime to);

// "0.4 s", "90 s", "12 min", "3 h".
std::string seconds(double value);

// One line a row, the first is the head. Columns are as wide as their widest cell, counted in bytes; no line ends in
// spaces.
using Rows = std::vector<std::vector<std::string>>;
std::vector<std::string> table_lines(const Rows& rows, const std::vector<bool>& right_aligned);

}  // namespace tidegate::cli
