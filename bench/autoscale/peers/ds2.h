// DS2 (OSDI'18) for one operator behind one source. Source: strymon-system/ds2 controller: instances needed = source
// rate / true rate of an instance, in one pass; no backlog term and no hysteresis; one corrective step where the
// settled count does not keep up.
#pragma once

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

struct Ds2Settings {
  int interval = 10;          // seconds
  int warm_up = 2;            // intervals ignored after an action
  int activation = 1;         // equal verdicts in a row that it takes
  double scaling_factor = 0;  // added share
  double rate_ratio = 1.05;   // source rate / processed rate above which a settled verdict gets one corrective step
};
Contender ds2(const std::string& name, const Ds2Settings& settings, Rebalance shipped = Rebalance::eager,
              int restart = 60);

// ceil(source rate / rate of one instance per useful second * (1 + factor))
int ds2_instances(double source_rate, double processed, double useful_seconds, double scaling_factor);

}  // namespace tidegate::bench
