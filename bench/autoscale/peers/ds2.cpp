#include "bench/autoscale/peers/ds2.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tidegate::bench {

namespace {

class Ds2 : public Controller {
 public:
  explicit Ds2(const Ds2Settings& settings) : settings_(settings) {}

  int decide(const DataPlane& plane, bool metrics) override {
    const int now = plane.now();
    if (!metrics || now % settings_.interval != 0) return plane.asked();
    const double end = std::accumulate(plane.end().begin(), plane.end().end(), 0.0);
    const double arrived = (end - end_) / std::max(1, now - at_);
    const double processed = plane.processed() - processed_, useful = plane.busy_seconds() - busy_;
    const double rate = (plane.processed() - processed_) / std::max(1, now - at_);
    end_ = end;
    at_ = now;
    processed_ = plane.processed();
    busy_ = plane.busy_seconds();
    if (plane.ready() != plane.asked()) return plane.asked();
    if (ignore_ > 0) {
      --ignore_;
      return plane.asked();
    }
    if (processed <= 0 || useful <= 0) return plane.asked();
    int wanted =
        std::clamp(ds2_instances(arrived, processed, useful, settings_.scaling_factor), 1, plane.setting().max);
    equal_ = wanted == verdict_ ? equal_ + 1 : 1;
    verdict_ = wanted;
    if (wanted != corrected_) {
      corrected_ = 0;
      if (wanted == plane.asked() && arrived / rate > settings_.rate_ratio) {
        corrected_ = wanted;
        instead_ = std::min(plane.setting().max, static_cast<int>(std::ceil(wanted * arrived / rate)));
      }
    }
    if (wanted == corrected_) wanted = instead_;
    if (wanted == plane.asked() || equal_ < settings_.activation) return plane.asked();
    ignore_ = settings_.warm_up;
    equal_ = 0;
    return wanted;
  }

 private:
  Ds2Settings settings_;
  double end_ = 0, processed_ = 0, busy_ = 0;
  int at_ = 0, ignore_ = 0, verdict_ = 0, equal_ = 0;
  int corrected_ = 0, instead_ = 0;  // the verdict that is answered by another count, and that count; 0: none
};

}  // namespace

int ds2_instances(double source_rate, double processed, double useful_seconds, double scaling_factor) {
  const double instance = processed / useful_seconds;
  return static_cast<int>(std::ceil(source_rate / instance * (1 + scaling_factor)));
}

Contender ds2(const std::string& name, const Ds2Settings& settings, Rebalance shipped, int restart) {
  return {name, [settings](const Scenario&) { return std::make_unique<Ds2>(settings); }, shipped, restart, restart};
}

}  // namespace tidegate::bench
