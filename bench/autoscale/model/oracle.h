// What cannot be beaten, and what only foresight could beat.
#pragma once

#include <vector>

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

// The smallest count for each second's rate (evenly filled partitions, the setting's true capacity); moves are free.
std::vector<int> oracle_l(const Scenario& scenario);

// The cheapest sequence that is never below oracle_l() and keeps every count for at least `hold` seconds.
std::vector<int> oracle_h(const Scenario& scenario, int hold = 60);

// The count for the scenario's peak, held throughout.
Contender static_peak();

// A member of the causal floor: knows the rate without noise up to now, the true capacity and the backlog, all at once
// and exactly, but nothing of the future. Each second it asks for the smallest count that carries the expected rate
// times `reserve` and, while a backlog waits, clears it in the second after start-up; it gives up replicas as soon as
// the largest such count of the last `hold` seconds allows. Expected: the last rate (trend false), or its straight
// continuation over the last `slope_window` seconds to the time at which new pods serve (trend true).
struct CausalSettings {
  double reserve = 1;
  int hold = 1;
  int slope_window = 0;  // seconds; 0: no trend
};
Contender causal(const std::string& name, const CausalSettings& settings);

}  // namespace tidegate::bench
