#include "bench/autoscale/peers/flink.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "bench/autoscale/peers/window.h"

namespace tidegate::bench {

namespace {

class Flink : public Controller {
 public:
  explicit Flink(const FlinkSettings& settings) : settings_(settings) {}

  int decide(const DataPlane& plane, bool metrics) override {
    const int now = plane.now();
    if (plane.ready() != plane.asked()) {  // not running with the new count yet
      running_since_ = now;
      clear(plane);
      return plane.asked();
    }
    if (!metrics) return plane.asked();
    if (busy_.size() != plane.utilisation().size()) clear(plane);
    for (std::size_t i = 0; i < busy_.size(); ++i) busy_[i] += plane.utilisation()[i];
    ++seconds_;
    if (now % settings_.interval != 0) return plane.asked();
    const double busiest = *std::max_element(busy_.begin(), busy_.end()) / seconds_;
    std::fill(busy_.begin(), busy_.end(), 0);
    seconds_ = 0;
    if (now < running_since_ + settings_.stabilization) return plane.asked();
    in_.add(now, plane.processed());
    lag_.add(now, plane.backlog());
    max_busy_.add(now, busiest);
    for (Window* window : {&in_, &lag_, &max_busy_}) window->drop_before(now - settings_.window);
    if (in_.seconds() < settings_.window) return plane.asked();
    return evaluate(plane);
  }

 private:
  void clear(const DataPlane& plane) {
    in_.clear();
    lag_.clear();
    max_busy_.clear();
    busy_.assign(plane.utilisation().size(), 0);
    seconds_ = 0;
  }

  // Records per second that the vertex takes when always busy; infinite when nothing came in.
  double true_rate(double in_rate) const {
    if (in_rate <= 0) return std::numeric_limits<double>::infinity();
    const double by_busy = in_rate / std::max(1e-3, max_busy_.mean());
    // While it catches up without back-pressure, what it does is what it can do.
    if (lag_.last() >= 30 * in_rate && by_busy > 1.15 * in_rate) return in_rate;
    return by_busy;
  }

  int evaluate(const DataPlane& plane) {
    const double in_rate = in_.rate();
    const double target = std::max(0.0, in_rate + lag_.rate());
    const double rate = true_rate(in_rate);
    if (std::isinf(rate)) return plane.asked();
    const bool backlogged = in_rate > 0 && lag_.last() / in_rate > 300;
    const double up = flink_capacity(settings_, target, lag_.last(), backlogged ? 1 : settings_.upper, false);
    const double down = backlogged ? std::numeric_limits<double>::infinity()
                                   : flink_capacity(settings_, target, lag_.last(), settings_.lower, true);
    int wanted = plane.asked();
    if (rate < up || rate > down) wanted = parallelism(plane, target, rate);
    return delay_down(plane, wanted);
  }

  int parallelism(const DataPlane& plane, double target, double rate) {
    const int present = plane.asked();
    double factor = flink_capacity(settings_, target, lag_.last(), settings_.target, true) / rate;
    if (settings_.observed_scalability) factor /= scalability(present, rate);
    factor = std::clamp(factor, 1 - settings_.max_scale_down, 100'000.0);
    const auto wanted = static_cast<int>(std::ceil(std::min(factor * present, 1e6)));
    return flink_align(plane.setting().partitions, plane.setting().max, present,
                       std::clamp(wanted, 1, plane.setting().max));
  }

  // Least squares over what was observed: alpha = sum(P * R) / (beta * sum(P^2)), beta the best rate of one instance.
  double scalability(int present, double rate) {
    observed_.emplace_back(present, rate);
    double pr = 0, pp = 0, beta = 0;
    for (const auto& [p, r] : observed_) {
      pr += p * r;
      pp += static_cast<double>(p) * p;
      beta = std::max(beta, r / p);
    }
    return observed_.size() < 3 ? 1 : std::clamp(pr / (pp * beta), 0.1, 1.0);
  }

  int delay_down(const DataPlane& plane, int wanted) {
    const int now = plane.now();
    if (wanted >= plane.asked()) {
      down_since_ = -1;
      if (wanted > plane.asked()) restart_history(now);
      return wanted;
    }
    if (down_since_ < 0) {
      down_since_ = now;
      down_most_ = wanted;
    }
    down_most_ = std::max(down_most_, wanted);
    if (now - down_since_ < settings_.scale_down_delay) return plane.asked();
    const int result = down_most_;
    down_since_ = -1;
    restart_history(now);
    return result;
  }

  void restart_history(int now) {
    running_since_ = now;
    in_.clear();
    lag_.clear();
    max_busy_.clear();
  }

  FlinkSettings settings_;
  Window in_, lag_, max_busy_;
  std::vector<double> busy_;  // sums of each instance since the last sample
  int seconds_ = 0, running_since_ = 0, down_since_ = -1, down_most_ = 0;
  std::vector<std::pair<int, double>> observed_;  // count, true rate
};

}  // namespace

double flink_capacity(const FlinkSettings& settings, double target, double lag, double utilisation, bool with_restart) {
  const double restart = with_restart ? target * settings.restart / settings.catch_up : 0;
  return std::round(lag / settings.catch_up + restart + target / utilisation);
}

int flink_align(int partitions, int max, int present, int wanted) {
  if (wanted == present) return wanted;
  const int until = wanted > present ? std::min(partitions, max) : present;
  for (int p = wanted; p <= until; ++p)
    if (partitions % p == 0 || partitions / p < partitions / wanted) return p;
  return wanted;
}

Contender flink(const std::string& name, const FlinkSettings& settings, int restart_up, int restart_down) {
  return {name, [settings](const Scenario&) { return std::make_unique<Flink>(settings); }, Rebalance::restart,
          restart_up, restart_down};
}

}  // namespace tidegate::bench
