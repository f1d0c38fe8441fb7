#include "bench/autoscale/peers/hpa.h"

#include <algorithm>
#include <cmath>

namespace tidegate::bench {

namespace {

constexpr int kTick = 15;  // seconds between evaluations
constexpr double kTolerance = 0.1;

}  // namespace

int HpaBehaviour::apply(int now, int replicas, int recommended, int min, int max) {
  if (recommendations_.empty()) recommendations_.emplace_back(now, replicas);  // what was found counts as recommended
  recommendations_.emplace_back(now, recommended);
  while (recommendations_.front().first < now - down_window_) recommendations_.pop_front();
  int wanted = recommended;
  if (wanted < replicas) {
    int most = wanted;
    for (const auto& [time, count] : recommendations_) most = std::max(most, count);
    wanted = std::min(replicas, most);
  }
  while (!added_.empty() && added_.front().first <= now - kTick) added_.pop_front();
  if (wanted > replicas) {
    int start = replicas;
    for (const auto& [time, pods] : added_) start -= pods;
    wanted = std::min(wanted, std::max({start + 4, 2 * start, replicas}));
  }
  wanted = std::clamp(wanted, min, max);
  if (wanted > replicas) added_.emplace_back(now, wanted - replicas);
  return wanted;
}

int hpa_average_value(double total, double target, int replicas) {
  if (std::abs(1 - total / (target * replicas)) <= kTolerance) return replicas;
  return static_cast<int>(std::ceil(total / target));
}

int hpa_utilisation(double utilisation, double target, int ready, int pods) {
  if (ready == 0) return pods;
  const double ratio = utilisation / target;
  if (std::abs(1 - ratio) <= kTolerance) return pods;
  if (ready == pods) return static_cast<int>(std::ceil(ratio * ready));
  // Pods without figures count as idle on the way up and as on target on the way down, and never turn the direction.
  const double assumed = ratio > 1 ? 0 : target;
  const double all = (utilisation * ready + assumed * (pods - ready)) / (target * pods);
  if (std::abs(1 - all) <= kTolerance || (ratio > 1) != (all > 1)) return pods;
  return static_cast<int>(std::ceil(all * pods));
}

double committed_lag(const DataPlane& plane) {
  double lag = 0;
  for (std::size_t p = 0; p < plane.end().size(); ++p) lag += plane.end()[p] - plane.committed()[p];
  return lag;
}

double keda_lag(double lag, int partitions, const KedaSettings& settings) {
  return settings.limit_to_partitions ? std::min(lag, settings.lag_threshold * partitions) : lag;
}

int KedaLaw::evaluate(int now, int replicas, double lag, int partitions, int max) {
  const int wanted = hpa_average_value(keda_lag(lag, partitions, settings_), settings_.lag_threshold, replicas);
  return behaviour_.apply(now, replicas, wanted, 1, max);
}

Contender keda(const std::string& name, const KedaSettings& settings) {
  class Keda : public Controller {
   public:
    explicit Keda(const KedaSettings& settings) : law_(settings) {}
    int decide(const DataPlane& plane, bool metrics) override {
      if (!metrics || plane.now() % kTick != 0) return plane.asked();
      const Setting& setting = plane.setting();
      return law_.evaluate(plane.now(), plane.asked(), committed_lag(plane), setting.partitions, setting.max);
    }

   private:
    KedaLaw law_;
  };
  return {name, [settings](const Scenario&) { return std::make_unique<Keda>(settings); }};
}

Contender hpa_cpu(const std::string& name, const HpaCpuSettings& settings) {
  class HpaCpu : public Controller {
   public:
    explicit HpaCpu(const HpaCpuSettings& s) : settings_(s), behaviour_(s.down_window) {}
    int decide(const DataPlane& plane, bool metrics) override {
      if (!metrics) return plane.asked();
      sum_ += plane.busy_seconds() - busy_before_;
      replica_seconds_ += plane.ready();
      busy_before_ = plane.busy_seconds();
      if (plane.now() % kTick != 0) return plane.asked();
      const double utilisation = replica_seconds_ > 0 ? sum_ / replica_seconds_ : 0;
      sum_ = replica_seconds_ = 0;
      const int wanted =
          hpa_utilisation(utilisation, settings_.target, std::min(plane.ready(), plane.asked()), plane.asked());
      return behaviour_.apply(plane.now(), plane.asked(), wanted, 1, plane.setting().max);
    }

   private:
    HpaCpuSettings settings_;
    HpaBehaviour behaviour_;
    double busy_before_ = 0, sum_ = 0, replica_seconds_ = 0;  // since the last tick
  };
  return {name, [settings](const Scenario&) { return std::make_unique<HpaCpu>(settings); }};
}

}  // namespace tidegate::bench
