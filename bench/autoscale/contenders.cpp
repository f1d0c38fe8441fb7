#include "bench/autoscale/contenders.h"

#include "bench/autoscale/model/oracle.h"
#include "bench/autoscale/peers/daedalus.h"
#include "bench/autoscale/peers/dataflow.h"
#include "bench/autoscale/peers/ds2.h"
#include "bench/autoscale/peers/flink.h"
#include "bench/autoscale/peers/hpa.h"
#include "bench/autoscale/peers/numaflow.h"
#include "bench/autoscale/peers/prototype.h"
#include "bench/autoscale/peers/tidegate.h"

namespace tidegate::bench {

namespace {

std::string text(double value) {
  std::string result = std::to_string(value);
  result.erase(result.find_last_not_of('0') + 1);
  if (result.back() == '.') result.pop_back();
  return result;
}

Grid keda_grid(const Setting& setting) {
  Grid grid{"KEDA", {}};
  for (const double seconds : {0.5, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0})
    for (const int window : {0, 60, 120, 300})
      grid.settings.push_back(keda("KEDA threshold " + text(seconds) + " s of c, window " + text(window),
                                   {.lag_threshold = seconds * setting.capacity, .down_window = window}));
  return grid;
}

Grid hpa_cpu_grid() {
  Grid grid{"HPA CPU", {}};
  for (const double target : {0.3, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8})
    for (const int window : {0, 60, 120, 300})
      grid.settings.push_back(
          hpa_cpu("HPA CPU " + text(target) + ", window " + text(window), {.target = target, .down_window = window}));
  return grid;
}

Grid numaflow_grid() {
  Grid grid{"Numaflow", {}};
  for (const double target : {1.0, 2.0, 3.0, 5.0, 20.0})
    for (const int step : {2, 8, 16})
      for (const int lookback : {30, 120})
        for (const int cooldown : {0, 30, 90})
          grid.settings.push_back(numaflow("Numaflow target " + text(target) + ", step " + text(step) + ", look-back " +
                                               text(lookback) + ", cooldown " + text(cooldown),
                                           {.target_processing_seconds = target,
                                            .replicas_per_scale = step,
                                            .lookback = lookback,
                                            .cooldown = cooldown}));
  return grid;
}

Grid flink_grid() {
  Grid grid{"Flink", {}};
  for (const int window : {60, 180})
    for (const int stabilization : {0, 60})
      for (const double target : {0.5, 0.6, 0.7, 0.8})
        for (const int delay : {0, 60, 300})
          for (const int interval : {15, 60})
            grid.settings.push_back(flink("Flink window " + text(window) + ", stabilization " + text(stabilization) +
                                              ", target " + text(target) + ", delay " + text(delay) + ", interval " +
                                              text(interval),
                                          {.interval = interval,
                                           .stabilization = stabilization,
                                           .window = window,
                                           .target = target,
                                           .upper = target + 0.15,
                                           .lower = target - 0.2,
                                           .restart = 20,
                                           .catch_up = 60,
                                           .scale_down_delay = delay},
                                          20, 20));
  return grid;
}

Grid ds2_grid() {
  Grid grid{"DS2", {}};
  for (const int interval : {5, 10, 30, 60})
    for (const int warm_up : {0, 2})
      for (const double factor : {0.0, 0.1, 0.2, 0.3, 0.5, 0.65, 0.8, 1.0, 1.2})
        grid.settings.push_back(
            ds2("DS2 interval " + text(interval) + ", warm-up " + text(warm_up) + ", factor " + text(factor),
                {.interval = interval, .warm_up = warm_up, .scaling_factor = factor}));
  return grid;
}

Grid dataflow_grid() {
  Grid grid{"Dataflow", {}};
  for (const int interval : {10, 15, 30, 60})
    for (const double up_cpu : {0.6, 0.7, 0.9})
      for (const double target : {0.5, 0.6, 0.75})
        for (const double clear : {2.0, 20.0, 60.0})
          grid.settings.push_back(dataflow("Dataflow interval " + text(interval) + ", up " + text(up_cpu) +
                                               ", target " + text(target) + ", clear in " + text(clear),
                                           {.interval = interval,
                                            .up_backlog = clear == 60 ? 120 : clear,
                                            .up_cpu = up_cpu,
                                            .clear_within = clear,
                                            .down_cpu = target - 0.05,
                                            .target_cpu = target}));
  return grid;
}

Grid daedalus_grid() {
  Grid grid{"Daedalus", {}};
  for (const int interval : {15, 30, 60})
    for (const int horizon : {60, 300, 900})
      for (const int never : {0, 60, 180})
        for (const int rather_not : {60, 600})
          for (const double recovery : {30.0, 600.0})
            grid.settings.push_back(daedalus("Daedalus interval " + text(interval) + ", horizon " + text(horizon) +
                                                 ", never within " + text(never) + ", rather not within " +
                                                 text(rather_not) + ", recovery " + text(recovery),
                                             {.interval = interval,
                                              .horizon = horizon,
                                              .never_within = never,
                                              .rather_not_within = rather_not,
                                              .recovery_target = recovery}));
  return grid;
}

}  // namespace

// Tuned: `autoscale tune` and `autoscale tune --as-shipped` name these as the best at a cost of 2.
std::vector<Contender> published(const Setting& setting, bool as_shipped) {
  const double c = setting.capacity;
  const FlinkSettings flink_tuned = {.interval = as_shipped ? 60 : 15,
                                     .stabilization = as_shipped ? 60 : 0,
                                     .window = 60,
                                     .target = as_shipped ? 0.8 : 0.7,
                                     .upper = as_shipped ? 0.95 : 0.85,
                                     .lower = as_shipped ? 0.6 : 0.5,
                                     .restart = 20,
                                     .catch_up = 60,
                                     .scale_down_delay = 0};
  const DaedalusSettings daedalus_tuned = {.interval = as_shipped ? 30 : 15,
                                           .horizon = as_shipped ? 60 : 300,
                                           .never_within = as_shipped ? 180 : 0,
                                           .rather_not_within = 60,
                                           .recovery_target = as_shipped ? 600.0 : 30.0};
  return {
      keda("KEDA default", {}),
      keda("KEDA tuned", {.lag_threshold = 1.25 * c, .down_window = 0}),
      hpa_cpu("HPA CPU default", {.target = 0.8}),
      hpa_cpu("HPA CPU tuned", {.target = 0.45, .down_window = 0}),
      numaflow("Numaflow default", {}),
      numaflow(
          "Numaflow tuned",
          {.target_processing_seconds = 1, .replicas_per_scale = 16, .lookback = 30, .cooldown = as_shipped ? 0 : 30}),
      flink("Flink default", {}, 60, 60),
      flink("Flink tuned", flink_tuned, 20, 20),
      ds2("DS2 default", {}),
      ds2("DS2 tuned", {.interval = 5, .warm_up = as_shipped ? 2 : 0, .scaling_factor = 1.2}),
      dataflow("Dataflow default", {}),
      dataflow(
          "Dataflow tuned",
          {.interval = 15, .up_backlog = 2, .up_cpu = 0.6, .clear_within = 2, .down_cpu = 0.45, .target_cpu = 0.5}),
      daedalus("Daedalus default", {}),
      daedalus("Daedalus tuned", daedalus_tuned),
  };
}

std::vector<Contender> ours() {
  return {
      tidegate_law("Tidegate"),
      prototype("prototype", {}),
  };
}

std::vector<Contender> causal_family() {
  std::vector<Contender> family;
  for (const int slope : {0, 10, 60})
    for (const int hold : {1, 30, 60, 120, 300})
      for (const double reserve : {1.0, 1.05, 1.1, 1.2, 1.3})
        family.push_back(causal("causal reserve " + text(reserve) + ", hold " + text(hold) + ", slope " + text(slope),
                                {.reserve = reserve, .hold = hold, .slope_window = slope}));
  return family;
}

std::vector<Grid> grids(const Setting& setting) {
  Grid simple{"prototype", {}};
  for (const double utilisation : {0.8, 0.85, 0.9, 0.95})
    for (const int hold : {30, 60, 120, 300})
      simple.settings.push_back(prototype("prototype utilisation " + text(utilisation) + ", hold " + text(hold),
                                          {.utilisation = utilisation, .hold = hold}));
  return {keda_grid(setting), hpa_cpu_grid(),  numaflow_grid(), flink_grid(),
          ds2_grid(),         dataflow_grid(), daedalus_grid(), simple};
}

}  // namespace tidegate::bench
