// Numaflow's autoscaler for a source vertex or MonoVertex. Source: numaproj/numaflow pkg/reconciler/monovertex/scaling
// and its daemon's rater: each vertex is visited every 30 s; pods are scraped every 5 s.
#pragma once

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

struct NumaflowSettings {
  double target_processing_seconds = 20;
  int replicas_per_scale = 2;  // up and down
  int lookback = 120;          // seconds
  int cooldown = 90;           // seconds, up and down
  double in_flight = 0.5;      // seconds of load that are read and not yet acknowledged: part of what is pending
};
Contender numaflow(const std::string& name, const NumaflowSettings& settings);

// round(pending / rate / target * ready), with the special cases of its source: nothing to do, and no rate.
// -1: hold.
int numaflow_desired(double pending, double rate, double target_seconds, int ready);

// One step towards what is desired.
int numaflow_step(int replicas, int desired, int per_scale, int min, int max);

}  // namespace tidegate::bench
