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

// A member of the causal floor: it knows the rate without noise up to now, the true capacity, the backlog and when its
// pods will serve, at once and exactly, but nothing of the future. Each second it asks for the larger of
//  - the smallest count that carries the largest rate expected in the last `hold` seconds, times `reserve`;
//  - where records would wait too long with that: the smallest count with which they stop to do so no later than they
//    would with the most replicas allowed.
// Expected is the present rate, or with a slope_window its straight continuation over start-up, as the rate of the last
// slope_window seconds gives it. The causal floor is the lower envelope of violation against cost over such members.
struct CausalSettings {
  double reserve = 1;
  int hold = 1;
  int slope_window = 0;  // seconds; 0: no trend
};
Contender causal(const std::string& name, const CausalSettings& settings);

}  // namespace tidegate::bench
