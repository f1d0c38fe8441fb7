// A law of forty lines, kept as the yardstick of how much a simple one reaches: arrival rate from log ends (level and
// trend, reset at a jump), capacity from busy time, up at once, down to the largest need of a hold window.
#pragma once

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

struct PrototypeSettings {
  double utilisation = 0.9;  // wanted when going down
  int hold = 60;             // seconds
};
Contender prototype(const std::string& name, const PrototypeSettings& settings);

}  // namespace tidegate::bench
