#include "bench/autoscale/peers/daedalus.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tidegate::bench {

namespace {

// A value for each of the next seconds by Holt's method over ten-second means, or by a line through the last minute
// when the previous forecast was off by a quarter or more.
std::vector<double> forecast(const std::vector<double>& rates, int horizon, bool line) {
  std::vector<double> result(static_cast<std::size_t>(horizon), rates.empty() ? 0 : rates.back());
  if (rates.size() < 60) return result;
  double level = 0, slope = 0;  // per second
  if (line) {
    const std::size_t from = rates.size() - 60;
    double sum = 0, weighted = 0;
    for (std::size_t i = 0; i < 60; ++i) {
      sum += rates[from + i];
      weighted += (static_cast<double>(i) - 29.5) * rates[from + i];
    }
    slope = weighted / 17995;  // sum of (i - 29.5)^2 over 60 values
    level = sum / 60 + slope * 29.5;
  } else {
    const std::size_t from = rates.size() > 1800 ? rates.size() - 1800 : 0;
    level = rates[from];
    for (std::size_t i = from; i + 10 <= rates.size(); i += 10) {
      const auto begin = rates.begin() + static_cast<std::ptrdiff_t>(i);
      const double mean = std::accumulate(begin, begin + 10, 0.0) / 10;
      const double before = level;
      level = 0.5 * mean + 0.5 * (level + 10 * slope);
      slope = 0.1 * (level - before) / 10 + 0.9 * slope;
    }
  }
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = std::max(0.0, level + slope * static_cast<double>(i + 1));
  return result;
}

class Daedalus : public Controller {
 public:
  explicit Daedalus(const DaedalusSettings& settings) : settings_(settings) {}

  int decide(const DataPlane& plane, bool metrics) override {
    if (!metrics) return plane.asked();
    const double end = std::accumulate(plane.end().begin(), plane.end().end(), 0.0);
    rates_.push_back(end - end_);
    end_ = end;
    learn_down_time(plane);
    if (plane.now() % settings_.interval != 0 || plane.ready() != plane.asked()) return plane.asked();
    if (plane.now() - acted_at_ < settings_.never_within) return plane.asked();
    const int wanted = choose(plane);
    if (wanted != plane.asked()) {
      grew_ = wanted > plane.asked();
      acted_at_ = plane.now();
      waiting_ = true;
    }
    return wanted;
  }

 private:
  void learn_down_time(const DataPlane& plane) {
    if (!waiting_ || plane.moving()) return;
    waiting_ = false;
    double& guess = grew_ ? settings_.down_time_up : settings_.down_time_down;
    guess += plane.now() - acted_at_ > guess ? 1 : -1;
  }

  int choose(const DataPlane& plane) {
    const std::size_t recent = std::min<std::size_t>(rates_.size(), 60);
    const double average = std::accumulate(rates_.end() - static_cast<std::ptrdiff_t>(recent), rates_.end(), 0.0) /
                           static_cast<double>(recent);
    judge_last_forecast(average);
    last_forecast_ = forecast(rates_, settings_.horizon, line_);
    const double next_minute = *std::max_element(last_forecast_.begin(), last_forecast_.begin() + 60);
    const double one = plane.busy_seconds() > 0 ? plane.processed() / plane.busy_seconds() : plane.setting().capacity;
    const double present = one * plane.asked();
    if (plane.now() - acted_at_ < settings_.rather_not_within && present >= average && present >= next_minute)
      return plane.asked();
    for (int p = 1; p <= plane.setting().max; ++p)
      if (fits(plane, p, one * p, average)) return p;
    return plane.setting().max;
  }

  void judge_last_forecast(double average) {
    if (last_forecast_.size() < 60) return;
    const double foretold = std::accumulate(last_forecast_.begin(), last_forecast_.begin() + 60, 0.0) / 60;
    line_ = average > 0 && std::abs(foretold - average) / average >= 0.25;
  }

  bool fits(const DataPlane& plane, int p, double capacity, double average) const {
    if (capacity <= average) return false;
    if (capacity <= *std::max_element(last_forecast_.begin(), last_forecast_.end())) return false;
    if (p == plane.asked()) return true;
    if (p < plane.asked() && plane.backlog() > capacity) return false;
    const double down_time = p > plane.asked() ? settings_.down_time_up : settings_.down_time_down;
    const double last_ten =
        std::accumulate(rates_.end() - std::min<std::ptrdiff_t>(10, std::ssize(rates_)), rates_.end(), 0.0);
    return daedalus_recovery(plane.backlog() + last_ten, last_forecast_, capacity, down_time) <=
           settings_.recovery_target;
  }

  DaedalusSettings settings_;
  std::vector<double> rates_, last_forecast_;
  double end_ = 0;
  int acted_at_ = -1'000'000;
  bool grew_ = false, waiting_ = false, line_ = false;
};

}  // namespace

double daedalus_recovery(double backlog, const std::vector<double>& forecast, double capacity, double down_time) {
  for (std::size_t t = 0; t < forecast.size(); ++t) {
    backlog += forecast[t];
    if (static_cast<double>(t) >= down_time) backlog -= capacity;
    if (backlog <= 0) return static_cast<double>(t + 1);
  }
  return 1e9;
}

Contender daedalus(const std::string& name, const DaedalusSettings& settings) {
  return {name, [settings](const Scenario&) { return std::make_unique<Daedalus>(settings); }, Rebalance::restart, 30,
          15};
}

}  // namespace tidegate::bench
