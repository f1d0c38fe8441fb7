#include "bench/autoscale/study.h"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

#include "bench/autoscale/model/oracle.h"
#include "common/json/json.h"

namespace tidegate::bench {

namespace {

constexpr double kPeakReplicas = 45;  // what a trace's peak is scaled to

Scenario varied(const std::string& name, const std::string& kind, std::uint64_t seed, const Setting& setting) {
  Scenario scenario = synthetic(kind, seed, setting);
  scenario.name = name;
  return scenario;
}

// The same, so small that a replica takes 1.5 times the largest partition at its largest.
Scenario within_reach(Scenario scenario) {
  scenario.name = "sine, skew to Zipf 1.2 within reach";
  const std::vector<double> shares = partition_shares(scenario, static_cast<int>(scenario.rate.size()));
  const double largest = *std::max_element(shares.begin(), shares.end());
  const double peak = *std::max_element(scenario.rate.begin(), scenario.rate.end());
  for (double& rate : scenario.rate) rate *= scenario.setting.capacity / (1.5 * largest * peak);
  add_noise(scenario);
  return scenario;
}

std::vector<Scenario> variations(std::uint64_t seed, const Setting& setting) {
  std::vector<Scenario> result;
  for (const int start_up : {5, 30, 60}) {
    Setting other = setting;
    other.start_up = start_up;
    result.push_back(varied("step, start-up " + std::to_string(start_up) + " s", "step", seed, other));
  }
  // Beyond reach: the largest partition outgrows a replica, and no count helps. Within reach: it never does.
  result.push_back(varied("sine, skew to Zipf 1.2 beyond reach", "sine", seed, setting));
  result.back().zipf_at_end = 1.2;
  result.push_back(within_reach(result.back()));
  Setting slow = setting;
  slow.slow_replica = 0.5;
  result.push_back(varied("sine, a replica at half speed", "sine", seed, slow));
  Setting sublinear = setting;
  sublinear.per_doubling = 0.9;
  result.push_back(varied("ramp, 0.9 per doubling", "ramp", seed, sublinear));
  result.push_back(varied("spikes, no metrics for 60 s", "spikes", seed, setting));
  result.back().outage_at = 1800;
  return result;
}

}  // namespace

Result<std::vector<double>> read_series(const std::string& path) {
  std::ifstream in(path);
  if (!in) return Error{"Unreadable", path + ": cannot be opened"};
  std::vector<double> series;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream figure(line);
    double value = 0;
    if (!(figure >> value) || value < 0)
      return Error{"NotASeries", path + ": \"" + line + "\" is no rate; give one figure a line"};
    series.push_back(value);
  }
  if (series.empty()) return Error{"NotASeries", path + ": holds no figures"};
  return series;
}

Result<Study> load_study(const std::string& seeds_file, const std::string& set, const std::string& traces,
                         const Setting& setting) {
  std::ifstream in(seeds_file);
  std::stringstream text;
  text << in.rdbuf();
  const Result<Json> seeds = Json::parse(text.str());
  if (!seeds) return seeds.error().context(seeds_file);
  Study study;
  for (const Json& item : seeds->at(set + "/seeds").items()) {
    const auto seed = static_cast<std::uint64_t>(item.as_int());
    for (const char* kind : {"step", "sine", "ramp", "spikes"}) study.main.push_back(synthetic(kind, seed, setting));
    for (Scenario& scenario : variations(seed, setting)) study.variations.push_back(std::move(scenario));
    study.calm.push_back(synthetic("constant", seed, setting));
  }
  if (study.main.empty()) return Error{"NoSeeds", seeds_file + ": has no seeds for \"" + set + "\""};
  for (const std::string& name : seeds->at(set + "/traces").strings()) {
    Result<std::vector<double>> series = read_series(traces + "/" + name + ".csv");
    if (!series) return series.error();
    study.main.push_back(from_series(name, std::move(*series), kPeakReplicas * setting.capacity, 1, setting));
  }
  return study;
}

std::vector<Outcome> run_all(const Contender& contender, const std::vector<Scenario>& scenarios, bool as_shipped) {
  std::vector<Outcome> outcomes;
  for (Scenario scenario : scenarios) {
    if (as_shipped) {
      scenario.setting.rebalance = contender.shipped;
      scenario.setting.restart_up = contender.restart_up;
      scenario.setting.restart_down = contender.restart_down;
    }
    outcomes.push_back(run(scenario, contender));
  }
  return outcomes;
}

Total sum(const std::vector<Outcome>& outcomes, const std::vector<Scenario>& scenarios) {
  Total total;
  std::vector<double> ages;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& one = outcomes[i];
    total.contender = one.contender;
    total.seconds += one.seconds;
    total.violation_seconds += one.violation_seconds;
    total.rescales += one.rescales;
    total.reversals += one.reversals;
    total.replica_seconds += one.replica_seconds;
    for (const int count : oracle_l(scenarios[i])) total.oracle_seconds += count;
    total.moved_load += one.moved_load;
    total.max_age = std::max(total.max_age, one.max_age);
    total.decision_seconds += one.decision_seconds;
    ages.insert(ages.end(), one.ages.begin(), one.ages.end());
    for (const StepUp& step : one.steps) {
      ++total.steps;
      if (step.decisions == 1) ++total.steps_by_one_decision;
      total.mean_recovery += step.recovery_seconds;
      total.max_recovery = std::max(total.max_recovery, step.recovery_seconds);
    }
  }
  if (total.steps > 0) total.mean_recovery /= total.steps;
  if (!ages.empty()) {
    const auto p99 = ages.begin() + static_cast<std::ptrdiff_t>((ages.size() - 1) * 99 / 100);
    std::nth_element(ages.begin(), p99, ages.end());
    total.p99_age = *p99;
  }
  return total;
}

std::vector<Total> front(const std::vector<Total>& totals) {
  std::vector<Total> sorted = totals, result;
  std::sort(sorted.begin(), sorted.end(), [](const Total& a, const Total& b) {
    return a.cost() != b.cost() ? a.cost() < b.cost() : a.violation_seconds < b.violation_seconds;
  });
  for (const Total& total : sorted)
    if (result.empty() || total.violation_seconds < result.back().violation_seconds) result.push_back(total);
  return result;
}

const Total* best_within(const std::vector<Total>& totals, double cost) {
  const Total* best = nullptr;
  for (const Total& total : totals) {
    if (total.cost() > cost) continue;
    if (best == nullptr || total.violation_seconds < best->violation_seconds ||
        (total.violation_seconds == best->violation_seconds && total.cost() < best->cost()))
      best = &total;
  }
  return best;
}

Total oracle(const std::vector<Scenario>& scenarios, int hold) {
  Total total;
  total.contender = hold <= 1 ? "oracle L" : "oracle H";
  for (const Scenario& scenario : scenarios) {
    const std::vector<int> least = oracle_l(scenario), held = hold <= 1 ? least : oracle_h(scenario, hold);
    total.seconds += static_cast<int>(least.size());
    total.oracle_seconds += std::accumulate(least.begin(), least.end(), 0.0);
    total.replica_seconds += std::accumulate(held.begin(), held.end(), 0.0);
    int direction = 0;
    for (std::size_t t = 1; t < held.size(); ++t) {
      if (held[t] == held[t - 1]) continue;
      const int now = held[t] > held[t - 1] ? 1 : -1;
      ++total.rescales;
      if (direction == -now) ++total.reversals;
      direction = now;
    }
  }
  return total;
}

}  // namespace tidegate::bench
