#include "bench/autoscale/peers/numaflow.h"

#include <algorithm>
#include <cmath>

#include "bench/autoscale/peers/window.h"

namespace tidegate::bench {

namespace {

constexpr int kScrape = 5, kVisit = 30;  // seconds

class Numaflow : public Controller {
 public:
  explicit Numaflow(const NumaflowSettings& settings) : settings_(settings) {}

  int decide(const DataPlane& plane, bool metrics) override {
    const int now = plane.now();
    if (metrics && now % kScrape == 0) {
      processed_.add(now, plane.processed());
      const double rate = processed_.rate();
      pending_.add(now, plane.backlog() + settings_.in_flight * rate);
      processed_.drop_before(now - settings_.lookback);
      pending_.drop_before(now - settings_.lookback);
    }
    if (now % kVisit != 0 || !metrics) return plane.asked();
    if (plane.ready() != plane.asked() || now - scaled_at_ < settings_.cooldown) return plane.asked();
    const int desired =
        numaflow_desired(pending_.mean(), processed_.rate(1), settings_.target_processing_seconds, plane.ready());
    if (desired < 0) return plane.asked();
    const int next = numaflow_step(plane.asked(), desired, settings_.replicas_per_scale, 1, plane.setting().max);
    if (next != plane.asked()) scaled_at_ = now;
    return next;
  }

 private:
  NumaflowSettings settings_;
  Window processed_, pending_;
  int scaled_at_ = -1'000'000;
};

}  // namespace

int numaflow_desired(double pending, double rate, double target_seconds, int ready) {
  if (pending == 0 && rate == 0) return 0;
  if (rate == 0) return -1;
  const auto desired = static_cast<int>(std::lround(pending / rate / target_seconds * ready));
  return static_cast<int>(std::min<double>(std::max(1, desired), std::max(1.0, pending)));
}

int numaflow_step(int replicas, int desired, int per_scale, int min, int max) {
  desired = std::clamp(desired, min, max);
  return desired > replicas ? std::min(desired, replicas + per_scale) : std::max(desired, replicas - per_scale);
}

Contender numaflow(const std::string& name, const NumaflowSettings& settings) {
  return {name, [settings](const Scenario&) { return std::make_unique<Numaflow>(settings); }};
}

}  // namespace tidegate::bench
