// `rateLimit` of a stage: how many records a second it takes in at most.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/base/clock.h"

namespace tidegate::stage {

// Pure. Each batch makes the next one wait for as long as the rate gives its records; what was not used is lost after a
// tenth of a second, so that a standstill is not followed by a burst.
class RateLimit {
 public:
  // 0: no limit.
  explicit RateLimit(int records_per_second) : rate_(records_per_second) {}

  // At most `most`; with a limit what it may take in a tenth of a second, and at least one.
  std::size_t largest_batch(std::size_t most) const {
    return rate_ == 0 ? most : std::clamp<std::size_t>(static_cast<std::size_t>(rate_) / 10, 1, most);
  }
  // When the next batch may be taken in hand; in the past without a limit.
  SteadyTime next() const { return next_; }
  void take(std::size_t records, SteadyTime now) { next_ = std::max(next_, now - kKept) + share(records); }
  // The time that the rate gives so many records; zero without a limit.
  std::chrono::microseconds share(std::size_t records) const {
    if (rate_ == 0) return std::chrono::microseconds{0};
    return std::chrono::microseconds(static_cast<std::int64_t>(records) * 1'000'000 / rate_);
  }

 private:
  static constexpr std::chrono::milliseconds kKept{100};
  int rate_;
  SteadyTime next_{};
};

}  // namespace tidegate::stage
