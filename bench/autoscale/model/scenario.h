// What happens to the stage: how much arrives when and where, and what goes wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/autoscale/model/data_plane.h"

namespace tidegate::bench {

struct Scenario {
  std::string name;
  Setting setting;
  std::vector<double> rate;      // records per second, one entry a second, without noise
  std::vector<double> arrivals;  // with noise: what really arrives
  std::vector<int> steps_up;     // seconds at which the rate becomes ten times what it was
  double zipf_at_end = 0;        // exponent of the partitions' sizes: 0 at the start, this at the end
  int outage_at = -1;            // no metrics for 60 s from then on; -1: never
  std::uint64_t seed = 0;
};

// Rates of the kind named: step, sine, ramp, spikes, constant. Empty for any other kind.
Scenario synthetic(const std::string& kind, std::uint64_t seed, const Setting& setting);

// From a series of one figure a second, scaled so that its peak is `peak` records per second (0: as it is).
Scenario from_series(const std::string& name, std::vector<double> series, double peak, std::uint64_t seed,
                     const Setting& setting);

// Gives each second's rate Gaussian noise of that share and fills `arrivals`; repeats for one seed.
void add_noise(Scenario& scenario, double share = 0.02);

// The share of the arrivals that goes to each partition in a second; sums to 1.
std::vector<double> partition_shares(const Scenario& scenario, int second);

}  // namespace tidegate::bench
