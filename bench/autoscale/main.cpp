// usage: autoscale tune [SEED...]    synthetic scenarios of the tuning seeds, one line per scenario and contender
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/autoscale/model/oracle.h"
#include "bench/autoscale/model/run.h"
#include "bench/autoscale/peers/hpa.h"
#include "bench/autoscale/peers/prototype.h"

using namespace tidegate::bench;

int main(int argc, char** argv) {
  std::vector<std::uint64_t> seeds;
  for (int i = 2; i < argc; ++i) seeds.push_back(std::strtoull(argv[i], nullptr, 10));
  if (seeds.empty()) seeds = {1};
  const Setting setting;
  const std::vector<Contender> contenders = {
      keda("keda default", {}),
      keda("keda tuned", {.lag_threshold = 2.5 * setting.capacity}),
      hpa_cpu("hpa cpu 70", {}),
      prototype("prototype", {}),
      causal("causal floor", {}),
      causal("causal trend", {.slope_window = 10}),
      static_peak(),
  };
  std::printf("%-10s %-14s %9s %8s %9s %10s %8s %8s %12s\n", "scenario", "contender", "violation", "cost", "rescales",
              "reversals", "max age", "recovery", "us/decision");
  for (const auto seed : seeds) {
    for (const char* kind : {"step", "sine", "ramp", "spikes", "constant"}) {
      const Scenario scenario = synthetic(kind, seed, setting);
      double oracle = 0;
      for (const int count : oracle_l(scenario)) oracle += count;
      double held = 0;
      for (const int count : oracle_h(scenario)) held += count;
      std::printf("%-10s %-14s %9d %8.3f\n", kind, "oracle-H", 0, held / oracle);
      for (const Contender& contender : contenders) {
        const Result result = run(scenario, contender);
        double recovery = 0;
        for (const StepUp& step : result.steps)
          recovery += step.recovery_seconds / static_cast<double>(result.steps.size());
        std::printf("%-10s %-14s %9d %8.3f %9d %10d %8.1f %8.1f %12.1f\n", kind, contender.name.c_str(),
                    result.violation_seconds, result.replica_seconds / oracle, result.rescales, result.reversals,
                    result.max_age, recovery, 1e6 * result.decision_seconds / result.seconds);
      }
    }
  }
}
