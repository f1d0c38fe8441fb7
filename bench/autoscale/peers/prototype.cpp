#include "bench/autoscale/peers/prototype.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

namespace tidegate::bench {

namespace {

class Prototype : public Controller {
 public:
  explicit Prototype(const PrototypeSettings& settings) : settings_(settings) {}

  int decide(const DataPlane& plane, bool metrics) override {
    if (!metrics) return plane.asked();
    const double end = std::accumulate(plane.end().begin(), plane.end().end(), 0.0);
    const double rate = (end - end_) / std::max(1, plane.now() - seen_at_);
    end_ = end;
    seen_at_ = plane.now();
    follow(rate);

    Setting setting = plane.setting();
    if (plane.busy_seconds() > 0) setting.capacity = plane.processed() / plane.busy_seconds();
    setting.per_doubling = setting.slow_replica = 1;
    double need = std::max(0.0, level_ + std::max(0.0, trend_) * (setting.start_up + 2));
    if (const double lag = plane.backlog(); lag > 0.5 * level_) need += lag / 5;
    needs_.emplace_back(plane.now(), need);
    while (needs_.front().first <= plane.now() - settings_.hold) needs_.pop_front();

    const int up = replicas_for(setting, need * 1.03 / 0.97);
    if (up > plane.asked()) return up;
    double most = 0;
    for (const auto& [time, value] : needs_) most = std::max(most, value);
    const int down = replicas_for(setting, most / settings_.utilisation);
    if (down < plane.asked() && even_capacity(setting, down) < even_capacity(setting, plane.asked())) return down;
    return plane.asked();
  }

 private:
  void follow(double rate) {
    if (level_ <= 0 || std::abs(rate - level_) > 0.25 * level_) {
      level_ = rate;
      trend_ = 0;
      return;
    }
    const double before = level_;
    level_ = 0.5 * rate + 0.5 * (level_ + trend_);
    trend_ = 0.1 * (level_ - before) + 0.9 * trend_;
  }

  PrototypeSettings settings_;
  double end_ = 0, level_ = 0, trend_ = 0;
  int seen_at_ = 0;
  std::deque<std::pair<int, double>> needs_;
};

}  // namespace

Contender prototype(const std::string& name, const PrototypeSettings& settings) {
  return {name, [settings](const Scenario&) { return std::make_unique<Prototype>(settings); }, Rebalance::cooperative};
}

}  // namespace tidegate::bench
