#include "controllers/autoscaler/rate_forecast.h"

#include <algorithm>
#include <cmath>

namespace tidegate::autoscaler {
namespace {

constexpr double kShortest = 0.3;  // seconds between looks; less shows more jitter than rate
constexpr double kLongest = 15;
constexpr double kLevelGain = 0.4;
constexpr double kTrendGain = 0.05;
constexpr double kDeviationGain = 0.05;
constexpr double kDoubt = 0.08;  // part of the deviation that a trend must exceed: noise has trends too
constexpr double kSurprise = 0.25;
constexpr double kLongestStandstill = 15;  // seconds with what came after it; a longer one is a change of the rate

}  // namespace

void RateForecast::add(double now, double total) {
  const double seconds = at_ ? now - *at_ : 0;
  if (at_ && seconds >= 0 && seconds < kShortest && total >= total_) return;
  if (!at_ || seconds < 0 || seconds > kLongest || total < total_) {
    reset();
  } else {
    follow((total - total_) / seconds, seconds);
  }
  at_ = now;
  total_ = total;
}

void RateForecast::follow(double rate, double seconds) {
  ++rates_;
  if (rates_ == 1) {
    level_ = rate;
    return;
  }
  const double expected = std::max(0.0, level_ + trend_ * seconds);
  rate = without_arrears(rate, seconds, expected);
  const bool surprising = std::abs(rate - expected) > kSurprise * std::max(expected, 1e-9);
  if (surprising) {
    const bool confirmed = surprise_ && (*surprise_ > expected) == (rate > expected);
    if (confirmed) {
      level_ = rate;
      trend_ = 0;
      surprise_.reset();
    } else {
      surprise_ = rate;
    }
    return;
  }
  surprise_.reset();
  deviation_ += kDeviationGain * (std::abs(rate - expected) - deviation_);
  const double before = level_;
  level_ = expected + kLevelGain * (rate - expected);
  trend_ += kTrendGain * ((level_ - before) / seconds - trend_);
}

double RateForecast::without_arrears(double rate, double seconds, double expected) {
  if (!standstill_ && rate < (1 - kSurprise) * expected) standstill_ = Standstill{expected};
  if (!standstill_) return rate;
  standstill_->age += seconds;
  if (standstill_->age > kLongestStandstill) {
    standstill_.reset();
    return rate;
  }
  const double above = (rate - standstill_->usual) * seconds;
  const double repaid = std::min(above, standstill_->withheld);
  standstill_->withheld -= repaid;  // below the usual rate it grows
  if (repaid < 0) return rate;
  if (standstill_->withheld <= 0) standstill_.reset();
  return rate - repaid / seconds;
}

double RateForecast::ahead(double seconds) const {
  return std::max(0.0, level_ + std::max(0.0, trend_ - kDoubt * deviation_) * seconds);
}

}  // namespace tidegate::autoscaler
