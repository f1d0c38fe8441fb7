// Daedalus (2024). Source: dos-group/daedalus execution_manager.py, capacity.py, recovery_time.py, forecasting.py.
// Two parts are replaced by ones that do at least as well here: ARIMA by Holt's linear trend (with its own fallback, a
// line through the last minute), and the regression of capacity on CPU by records per busy second, which is exact here.
#pragma once

#include <vector>

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

struct DaedalusSettings {
  int interval = 60;                              // seconds
  int horizon = 900;                              // seconds of forecast
  int never_within = 180;                         // seconds after an action
  int rather_not_within = 600;                    // seconds after an action, unless capacity is short
  double recovery_target = 600;                   // seconds
  double down_time_up = 30, down_time_down = 15;  // seconds, first guesses; learned by a second per action
};
Contender daedalus(const std::string& name, const DaedalusSettings& settings);

// Seconds until `backlog` and what arrives by the forecast (one entry a second, the last one goes on) are worked off at
// `capacity` after `down_time` seconds of standstill; 1e9 when never within the forecast's length.
double daedalus_recovery(double backlog, const std::vector<double>& forecast, double capacity, double down_time);

}  // namespace tidegate::bench
