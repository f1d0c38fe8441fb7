// What a metric is: one row of the catalogue (common/metrics/catalogue.h).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tidegate::metrics {

enum class Type : std::uint8_t { counter, gauge, histogram };

struct Definition {
  std::string_view name;
  Type type;
  std::string_view unit;    // what one is: seconds, bytes, records, ...
  std::string_view labels;  // names, separated by blanks
  std::string_view help;
  std::span<const double> buckets = {};  // of a histogram: upper bounds, ascending
};

}  // namespace tidegate::metrics
