// One contender against one scenario, and what is counted.
#pragma once

#include <string>
#include <vector>

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

struct StepUp {
  double recovery_seconds = 0;  // from the step to the last second in violation before the next change of load
  int decisions = 0;            // changes of the count in the 60 s after the step
};

struct Outcome {
  std::string contender, scenario;
  int seconds = 0;
  int violation_seconds = 0;        // in which a record was older than the objective at the end of the second
  double replica_seconds = 0;       // of the count asked for: starting pods are paid for
  int rescales = 0;                 // changes of the count
  int reversals = 0;                // changes whose direction differs from the change before
  double moved_load = 0;            // in replicas' worth of rate
  double max_age = 0, p99_age = 0;  // seconds
  double decision_seconds = 0;      // processor time
  std::vector<StepUp> steps;
  std::vector<int> asked;    // each second
  std::vector<double> ages;  // each second
};

// Seconds in which a record may wait.
inline constexpr double kObjective = 5;

// `start` replicas are ready at time 0; 0: as many as take the first second's rate at 80 % load.
Outcome run(const Scenario& scenario, const Contender& contender, int start = 0);

}  // namespace tidegate::bench
