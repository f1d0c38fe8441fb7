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

double RateForecast::ahead(double seconds) const {
  return std::max(0.0, level_ + std::max(0.0, trend_ - kDoubt * deviation_) * seconds);
}

}  // namespace tidegate::autoscaler
