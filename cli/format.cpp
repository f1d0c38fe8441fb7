#include "cli/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace tidegate::cli {

std::optional<WallTime> parse_time(const std::string& text) {
  std::tm parts{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

std::int64_t milliseconds_between(WallTime from, WallTime to) {
  return std::max<std::int64_t>(0, std::chrono::duration_cast<Duration>(to - from).count());
}

std::string seconds(double value) {
  std::array<char, 32> text{};
  if (value < 10 && value != std::floor(value)) {
    std::snprintf(text.data(), text.size(), "%.1f s", value);
  } else if (value < 120) {
    std::snprintf(text.data(), text.size(), "%.0f s", value);
  } else if (value < 7200) {
    std::snprintf(text.data(), text.size(), "%.0f min", value / 60);
  } else {
    std::snprintf(text.data(), text.size(), "%.0f h", value / 3600);
  }
  return text.data();
}

std::vector<std::string> table_lines(const Rows& rows, const std::vector<bool>& right_aligned) {
  std::vector<std::size_t> width(right_aligned.size());
  for (const auto& cells : rows) {
    for (std::size_t i = 0; i < width.size(); ++i) width[i] = std::max(width[i], cells[i].size());
  }
  std::vector<std::string> out;
  for (const auto& cells : rows) {
    std::string line;
    for (std::size_t i = 0; i < width.size(); ++i) {
      const std::string padding(width[i] - cells[i].size(), ' ');
      line += right_aligned[i] ? padding + cells[i] : cells[i] + padding;
      line += "  ";
    }
    out.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  return out;
}

}  // namespace tidegate::cli
