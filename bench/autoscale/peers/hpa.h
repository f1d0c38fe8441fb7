// Kubernetes' HorizontalPodAutoscaler (autoscaling/v2, default behaviour), and the two metrics that pipelines give it:
// KEDA's Kafka lag and CPU. Sources: kubernetes pkg/controller/podautoscaler/replica_calculator.go,
// pkg/apis/autoscaling/v2/defaults.go; kedacore/keda pkg/scalers/kafka_scaler.go.
#pragma once

#include <deque>
#include <utility>

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

// What happens to a recommendation: stabilisation of 300 s downwards, at most max(+4, x2) per 15 s upwards.
class HpaBehaviour {
 public:
  explicit HpaBehaviour(int down_window = 300) : down_window_(down_window) {}
  int apply(int now, int replicas, int recommended, int min, int max);

 private:
  int down_window_;
  std::deque<std::pair<int, int>> recommendations_;  // time, count
  std::deque<std::pair<int, int>> added_;            // time, pods
};

// Desired count for an external metric of type AverageValue, tolerance 0.1.
int hpa_average_value(double total, double target, int replicas);

// Desired count for a mean utilisation over `ready` pods when `pods` are wanted; the rest is not ready yet.
int hpa_utilisation(double utilisation, double target, int ready, int pods);

struct KedaSettings {
  double lag_threshold = 10;        // records per replica
  bool limit_to_partitions = true;  // allowIdleConsumers false
  int down_window = 300;            // seconds
};

// KEDA's Kafka scaler in front of an HPA. Not thread-safe.
class KedaLaw {
 public:
  explicit KedaLaw(const KedaSettings& settings) : settings_(settings), behaviour_(settings.down_window) {}
  // One evaluation, due every 15 s: the count wanted for `lag` records against committed offsets of all partitions.
  int evaluate(int now, int replicas, double lag, int partitions, int max);

 private:
  KedaSettings settings_;
  HpaBehaviour behaviour_;
};

Contender keda(const std::string& name, const KedaSettings& settings);
double committed_lag(const DataPlane& plane);  // records behind the log ends, against commits
// What KEDA makes of a lag: with limit_to_partitions no more than all partitions could use.
double keda_lag(double lag, int partitions, const KedaSettings& settings);

struct HpaCpuSettings {
  double target = 0.7;
  int down_window = 300;
};
Contender hpa_cpu(const std::string& name, const HpaCpuSettings& settings);

}  // namespace tidegate::bench
