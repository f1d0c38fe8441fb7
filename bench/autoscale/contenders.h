// Who takes part, with which settings, and which settings were tried to find them.
#pragma once

#include <string>
#include <vector>

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

// The published controllers, by default and with the settings that were best on the tuning set for the data plane in
// question.
std::vector<Contender> published(const Setting& setting, bool as_shipped = false);

// Ours: the production law, and the simple law that it grew from.
std::vector<Contender> ours();

// Knows all but the future, at several reserves: its lower envelope of violation against cost is the causal floor.
std::vector<Contender> causal_family();

// All settings tried for one published controller.
struct Grid {
  std::string name;
  std::vector<Contender> settings;
};
std::vector<Grid> grids(const Setting& setting);

}  // namespace tidegate::bench
