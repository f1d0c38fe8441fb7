#include "bench/autoscale/peers/dataflow.h"

#include <algorithm>
#include <cmath>

namespace tidegate::bench {

namespace {

class Dataflow : public Controller {
 public:
  explicit Dataflow(const DataflowSettings& settings) : settings_(settings) {}

  int decide(const DataPlane& plane, bool metrics) override {
    if (!metrics) return plane.asked();
    replica_seconds_ += plane.ready();
    if (plane.now() % settings_.interval != 0) return plane.asked();
    const double seconds = std::max(1, plane.now() - at_);
    DataflowFigures figures;
    figures.throughput = (plane.processed() - processed_) / seconds;
    figures.backlog = plane.backlog();
    figures.growth = (figures.backlog - backlog_) / seconds;
    figures.cpu = (plane.busy_seconds() - busy_) / std::max(1.0, replica_seconds_);
    at_ = plane.now();
    processed_ = plane.processed();
    backlog_ = figures.backlog;
    busy_ = plane.busy_seconds();
    replica_seconds_ = 0;
    if (plane.moving()) return plane.asked();
    return dataflow_workers(settings_, figures, plane.asked(), plane.setting().max);
  }

 private:
  DataflowSettings settings_;
  int at_ = 0;
  double processed_ = 0, backlog_ = 0, busy_ = 0, replica_seconds_ = 0;
};

}  // namespace

int dataflow_workers(const DataflowSettings& settings, const DataflowFigures& figures, int workers, int max) {
  if (figures.throughput <= 0) return workers;
  const double backlog_seconds = figures.backlog / figures.throughput;
  if (backlog_seconds > settings.up_backlog || figures.cpu > settings.up_cpu) {
    const double for_growth = workers * (std::max(0.0, figures.growth) + figures.throughput) / figures.throughput;
    const double for_backlog = workers * backlog_seconds / settings.clear_within;
    return std::clamp(static_cast<int>(std::ceil(for_growth + for_backlog)), workers, max);
  }
  // Fluctuation below a hundredth of the throughput is no growth.
  if (figures.cpu < settings.down_cpu && figures.growth <= 0.01 * figures.throughput &&
      backlog_seconds < settings.down_backlog)
    return std::clamp(static_cast<int>(std::ceil(workers * figures.cpu / settings.target_cpu)), 1, workers);
  return workers;
}

Contender dataflow(const std::string& name, const DataflowSettings& settings) {
  return {name, [settings](const Scenario&) { return std::make_unique<Dataflow>(settings); }};
}

}  // namespace tidegate::bench
