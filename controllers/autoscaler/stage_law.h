// How many replicas one stage should have: the law itself, with what it remembers of the stage.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "controllers/autoscaler/autoscaler.h"
#include "controllers/autoscaler/spread.h"
#include "controllers/autoscaler/stage_figures.h"

namespace tidegate::autoscaler {

// What the stage must be able to do, as far as others decide it.
struct Demand {
  double budget_seconds = 5;  // how long a record may wait here
  double throughput = 0;      // records per second it must be able to take at any time
  double upstream = 0;        // records per second that the stages before will send once their own steps are done
  double burst_period = 0;    // seconds between bursts from a window before it; 0: records come evenly
};

// Up at once to what the forecast needs when new replicas work; down only to the most that a hold window needed. Every
// step up is checked against what it promised. Not thread-safe.
class StageLaw {
 public:
  // Figures of the look are taken; to be called before decide() with the same look.
  void look(double now, const StageLook& look);
  Decision decide(double now, const StageLook& look, const Demand& demand);

  const StageFigures& figures() const { return figures_; }
  // Records per second that it will send on once it runs with `replicas`; 0 while unknown.
  double output(int replicas) const;

  void took_over(double now) { steady_since_ = now; }
  Json learned(double now) const;
  void learn(double now, const Json& json);

 private:
  // A step up on probation.
  struct Trial {
    int from = 0, to = 0;
    double asked_at = 0;
    std::optional<double> ready_at;
    double planned = 0;      // the need it was made for, records per second
    double promised = 0;     // records per second more than before
    bool saturated = false;  // before the new replicas worked
    double rate_before = 0;  // records per second taken in until then, at most
  };
  // More replicas than that brought nothing.
  struct Knee {
    int replicas = 0;
    double until = 0;
    bool target = false;  // because of the sink's target
  };
  struct Need {
    double forecast = 0;  // records per second expected when new replicas work
    double backlog = 0;   // records per second on top, to clear what waits in time
    double total = 0;
  };

  Figure capacity(int replicas) const;
  Need need(double now, const StageLook& look, const Demand& demand) const;
  Need need_of_bursts(const Demand& demand) const;
  void follow_mean(double now, double period);
  void remember_need(double now, double need, double window);
  int count_for(const StageLook& look, double rate, int ceiling) const;
  int ceiling(const StageLook& look, double now, Decision& decision) const;

  void decide_consumer(double now, const StageLook& look, const Demand& demand, Decision& decision);
  void decide_source(double now, const StageLook& look, Decision& decision);
  bool from_zero(double now, const StageLook& look, Decision& decision);
  bool judge_trial(double now, const StageLook& look, Decision& decision);
  const char* wait_with_step_out(const StageLook& look, const Need& need, double able) const;
  void step_out(double now, const StageLook& look, int to, double planned, Decision& decision);
  bool step_in(double now, const StageLook& look, const Demand& demand, Decision& decision);
  void advise(const StageLook& look, double rate, Decision& decision) const;
  void bound(const StageLook& look, Decision& decision) const;

  StageFigures figures_;
  bool beyond_help_ = false;  // the laggard
  Spread spread_;
  std::deque<std::pair<double, double>> needs_;  // (time, need), decreasing: the front is the most of the hold window
  double hold_ = 60;                             // seconds: the hold window
  struct Mean {                                  // of the arrivals, over whole periods of bursts
    double since = 0, arrived = 0;
    Figure rate;
  };
  std::optional<Mean> mean_;
  std::optional<double> unknown_since_;
  std::optional<double> steady_since_;  // since when figures are known without a break
  std::optional<double> idle_since_;
  double start_up_ = 10;  // seconds from a request until the replicas work, learned
  std::optional<Trial> trial_;
  std::optional<Knee> knee_;
};

}  // namespace tidegate::autoscaler
