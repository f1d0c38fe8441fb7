// Flink's autoscaler (FLIP-271) for one source vertex. Source: apache/flink-kubernetes-operator flink-autoscaler:
// ScalingMetricEvaluator, JobVertexScaler, AutoScalerUtils, ScalingMetricCollector, DelayedScaleDown.
#pragma once

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

struct FlinkSettings {
  int interval = 60;                // seconds between samples
  int stabilization = 300;          // seconds after a (re)start without samples
  int window = 900;                 // seconds of samples that a decision needs
  double target = 0.7;              // utilisation
  double upper = 1.0, lower = 0.4;  // utilisation at which it acts
  double restart = 300;             // seconds, assumed
  double catch_up = 1800;           // seconds within which a backlog is to be gone
  int scale_down_delay = 3600;      // seconds from the first wish
  double max_scale_down = 0.6;      // share of a vertex
  bool observed_scalability = false;
};
// The restart times are what the shipped data plane takes, not what the autoscaler assumes.
Contender flink(const std::string& name, const FlinkSettings& settings, int restart_up, int restart_down);

// What the vertex must be able to take so that `target` arrives at `utilisation`, records per second.
double flink_capacity(const FlinkSettings& settings, double target, double lag, double utilisation, bool with_restart);

// Counts that divide the partitions better are preferred: upwards up to min(partitions, max), downwards up to the
// present count (mode BALANCED).
int flink_align(int partitions, int max, int present, int wanted);

}  // namespace tidegate::bench
