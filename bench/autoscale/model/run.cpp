#include "bench/autoscale/model/run.h"

#include <algorithm>
#include <ctime>

namespace tidegate::bench {

namespace {

constexpr int kTimedEvery = 17;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void count_changes(Outcome& result, int start) {
  int before = start, direction = 0;
  for (const int count : result.asked) {
    if (count == before) continue;
    const int now = count > before ? 1 : -1;
    ++result.rescales;
    if (direction != 0 && now != direction) ++result.reversals;
    direction = now;
    before = count;
  }
}

// A step counts until the rate leaves the level that it went to.
void look_at_steps(Outcome& result, const Scenario& scenario) {
  for (const int at : scenario.steps_up) {
    StepUp step;
    const auto from = static_cast<std::size_t>(at);
    std::size_t until = from;
    while (until < scenario.rate.size() && scenario.rate[until] == scenario.rate[from]) ++until;
    for (std::size_t t = from; t < until; ++t)
      if (result.ages[t] > kObjective) step.recovery_seconds = static_cast<double>(t - from + 1);
    for (std::size_t t = from; t < std::min(until, from + 60); ++t)
      if (t > 0 && result.asked[t] != result.asked[t - 1]) ++step.decisions;
    result.steps.push_back(step);
  }
}

}  // namespace

Outcome run(const Scenario& scenario, const Contender& contender, int start) {
  Outcome result;
  result.contender = contender.name;
  result.scenario = scenario.name;
  result.seconds = static_cast<int>(scenario.rate.size());
  if (start == 0 && !scenario.rate.empty()) start = replicas_for(scenario.setting, scenario.rate.front() / 0.8);

  const std::unique_ptr<Controller> controller = contender.make(scenario);
  start = controller->begin(start);
  DataPlane plane(scenario.setting, start);
  std::vector<double> shares, arrivals(static_cast<std::size_t>(scenario.setting.partitions));
  for (int t = 0; t < result.seconds; ++t) {
    if (t % 10 == 0) shares = partition_shares(scenario, t);
    for (std::size_t p = 0; p < arrivals.size(); ++p)
      arrivals[p] = scenario.arrivals[static_cast<std::size_t>(t)] * shares[p];
    result.replica_seconds += plane.asked();
    plane.step(arrivals);
    result.ages.push_back(plane.age());
    if (plane.age() > kObjective) ++result.violation_seconds;

    const bool metrics = scenario.outage_at < 0 || t < scenario.outage_at || t >= scenario.outage_at + 60;
    const bool timed = t % kTimedEvery == 0;  // asking for the time costs more than most decisions
    const double before = timed ? cpu_seconds() : 0;
    const int wanted = controller->decide(plane, metrics);
    if (timed) result.decision_seconds += (cpu_seconds() - before) * kTimedEvery;
    plane.request(wanted);
    result.asked.push_back(plane.asked());
  }
  result.moved_load = plane.moved_load();
  count_changes(result, start);
  look_at_steps(result, scenario);
  std::vector<double> sorted = result.ages;
  std::sort(sorted.begin(), sorted.end());
  if (!sorted.empty()) {
    result.max_age = sorted.back();
    result.p99_age = sorted[(sorted.size() - 1) * 99 / 100];
  }
  return result;
}

}  // namespace tidegate::bench
