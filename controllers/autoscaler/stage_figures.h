// What successive looks at one stage say: rates, backlog, load; or why that is not known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/autoscaler/autoscaler.h"
#include "controllers/autoscaler/capacity_model.h"
#include "controllers/autoscaler/laggard.h"
#include "controllers/autoscaler/rate_forecast.h"

namespace tidegate::autoscaler {

// Not thread-safe; one per stage, fed with every look.
class StageFigures {
 public:
  void look(double now, const StageLook& look);

  // Why nothing may be concluded now; "" when all is known.
  const std::string& unknown() const { return unknown_; }

  const RateForecast& arrival() const { return arrival_; }     // records per second
  double arrived() const { return arrived_; }                  // records, ever
  double taken_in() const { return taken_in_; }                // records per second, smoothed over some 5 s
  double backlog() const { return backlog_; }                  // records that wait
  const std::vector<double>& loads() const { return loads_; }  // per partition, records per second, smoothed over 30 s
  // Part of the working time of ready replicas that was busy, smoothed over some 5 s; nothing without busy time.
  Figure utilisation() const { return utilisation_; }
  // Records out per record in; nothing until both were seen.
  Figure selectivity() const { return selectivity_; }
  // Part of the busy time in which only the target was awaited.
  double target_share() const { return target_share_; }

  const CapacityModel& capacity() const { return capacity_; }
  const Laggard& laggard() const { return laggard_; }
  void learn(const Json& capacity) { capacity_.learn(capacity); }

 private:
  static std::string unreadable(const StageLook& look);
  std::string contradiction(const StageLook& look) const;
  void read_partitions(double now, const StageLook& look);
  void read_counters(double now, const StageLook& look);

  std::string unknown_ = "no look yet";
  RateForecast arrival_;
  std::vector<double> ends_;
  std::vector<double> loads_;
  std::optional<double> loads_at_;
  double arrived_ = 0;
  double backlog_ = 0;
  double taken_in_ = 0;
  Figure utilisation_, selectivity_;
  double target_share_ = 0;
  CapacityModel capacity_;
  Laggard laggard_;
  double unfinished_busy_ = 0;  // seconds of work that no record came out of yet

  // Counters as they were when rates were last taken from them.
  struct Counters {
    double at, position;
    Figure busy, out, wait;
    int ready;
  };
  std::optional<Counters> counters_;
  std::optional<double> stuck_since_;  // records are appended but none becomes readable
  double readable_ = 0;
};

}  // namespace tidegate::autoscaler
