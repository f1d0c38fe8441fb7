// How many records a slow target gets at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "common/base/clock.h"

namespace tidegate::stage {

// Pure. A batch should take about a second: what is done is committed between batches only, so that a target that is
// merely slow must not look as if it stood still, however much has piled up. The last batch tells how fast it is.
class Pace {
 public:
  // At most `most`, at least one.
  std::size_t largest_batch(std::size_t most) const {
    if (each_ <= 0) return most;
    return static_cast<std::size_t>(std::clamp(kTarget / each_, 1.0, static_cast<double>(most)));
  }
  void took(std::size_t records, std::chrono::microseconds time) {
    if (records > 0) each_ = std::chrono::duration<double>(time).count() / static_cast<double>(records);
  }

 private:
  static constexpr double kTarget = 1;  // seconds
  double each_ = 0;                     // seconds a record; 0: unknown
};

}  // namespace tidegate::stage
