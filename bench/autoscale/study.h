// The sets of scenarios, and sums over them.
#pragma once

#include <string>
#include <vector>

#include "bench/autoscale/model/run.h"
#include "common/base/result.h"

namespace tidegate::bench {

struct Study {
  std::vector<Scenario> main;        // what the comparison is about: synthetic kinds for each seed, and real traces
  std::vector<Scenario> variations;  // what may go wrong: start-up time, skew, a slow replica, an outage of metrics …
  std::vector<Scenario> calm;        // an hour of constant load with 2 % noise for each seed
};

// `set` is "tuning" or "held_out" of a file as bench/autoscale/seeds.json; traces are read from `traces`/NAME.csv.
Result<Study> load_study(const std::string& seeds_file, const std::string& set, const std::string& traces,
                         const Setting& setting);

// One figure a line; lines that begin with '#' are left out.
Result<std::vector<double>> read_series(const std::string& path);

struct Total {
  std::string contender;
  int seconds = 0, violation_seconds = 0, rescales = 0, reversals = 0;
  double replica_seconds = 0, oracle_seconds = 0;  // of the contender, of oracle L
  double moved_load = 0, max_age = 0, p99_age = 0, decision_seconds = 0;
  int steps = 0, steps_by_one_decision = 0;
  double mean_recovery = 0, max_recovery = 0;  // seconds after a step up

  double cost() const { return replica_seconds / oracle_seconds; }
  double per_hour(double count) const { return count * 3600 / seconds; }
};

// One contender against every scenario. With `as_shipped` it gets the data plane that it comes with.
std::vector<Outcome> run_all(const Contender& contender, const std::vector<Scenario>& scenarios,
                             bool as_shipped = false);

Total sum(const std::vector<Outcome>& outcomes, const std::vector<Scenario>& scenarios);

// Those that no other beats in both violation and cost, by rising cost.
std::vector<Total> front(const std::vector<Total>& totals);

// The one with the fewest violation seconds among those that cost no more than `cost` times oracle L, cheapest first;
// null when all cost more.
const Total* best_within(const std::vector<Total>& totals, double cost);

// The oracles' counts as if a contender had asked for them, without a queue.
Total oracle(const std::vector<Scenario>& scenarios, int hold);

}  // namespace tidegate::bench
