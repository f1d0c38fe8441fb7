#include "bench/autoscale/report/decision_time.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <string>
#include <vector>

#include "controllers/autoscaler/autoscaler.h"

namespace tidegate::bench {

namespace {

double cpu_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
}

// Every stage reads what the one before wrote; a wave of load goes through.
std::vector<autoscaler::StageLook> pipeline(int stages, int partitions) {
  std::vector<autoscaler::StageLook> looks(static_cast<std::size_t>(stages));
  for (std::size_t i = 0; i < looks.size(); ++i) {
    looks[i].name = "stage-" + std::to_string(i);
    if (i > 0) looks[i].upstream = {i - 1};
    looks[i].limits.max = partitions;
    looks[i].partitions.assign(static_cast<std::size_t>(partitions), {0.0, 0.0, 0});
    looks[i].busy_seconds = looks[i].records_out = looks[i].age_seconds = 0.0;
    looks[i].replicas = looks[i].ready = 4;
  }
  return looks;
}

void pass_second(std::vector<autoscaler::StageLook>& looks, int now) {
  const double rate = 20'000 * (1 + 0.9 * std::sin(now / 60.0));
  for (auto& look : looks) {
    for (std::size_t p = 0; p < look.partitions.size(); ++p) {
      *look.partitions[p].end += rate / static_cast<double>(look.partitions.size());
      *look.partitions[p].position = *look.partitions[p].end;
      look.partitions[p].replica = static_cast<int>(p) % look.ready;
    }
    *look.busy_seconds += rate / 10'000;
    *look.records_out += rate;
  }
}

}  // namespace

DecisionTime decision_time(int stages, int partitions) {
  autoscaler::Autoscaler law;
  std::vector<autoscaler::StageLook> looks = pipeline(stages, partitions);
  DecisionTime result;
  constexpr int kWarmUp = 100, kMeasured = 1000;
  for (int now = 0; now < kWarmUp + kMeasured; ++now) {
    pass_second(looks, now);
    const double before = cpu_us();
    const auto decisions = law.evaluate(now, {.latency_seconds = 5.0, .throughput = {}}, looks);
    const double took = cpu_us() - before;
    for (std::size_t i = 0; i < decisions.size(); ++i)
      looks[i].replicas = looks[i].ready = std::max(1, decisions[i].to);
    if (now < kWarmUp) continue;
    result.mean_us += took / kMeasured;
    result.worst_us = std::max(result.worst_us, took);
  }
  return result;
}

}  // namespace tidegate::bench
