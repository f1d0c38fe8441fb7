// What every contender is to the simulator.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench/autoscale/model/data_plane.h"
#include "bench/autoscale/model/scenario.h"

namespace tidegate::bench {

class Controller {
 public:
  virtual ~Controller() = default;

  // Called at the end of every second. Returns the count wanted; plane.asked() to leave it.
  // metrics == false: no figure of the plane but asked() and now() may be used.
  virtual int decide(const DataPlane& plane, bool metrics) = 0;

  // The count to begin with; most take what is suggested.
  virtual int begin(int suggested) { return suggested; }
};

// A contender may look at the scenario only where its description says so (oracles, static peak, causal floor).
struct Contender {
  std::string name;
  std::function<std::unique_ptr<Controller>(const Scenario&)> make;
  Rebalance shipped = Rebalance::eager;  // the data plane that it comes with, for the second table
  int restart_up = 60;
  int restart_down = 60;
};

}  // namespace tidegate::bench
