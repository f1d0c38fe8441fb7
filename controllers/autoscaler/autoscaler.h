// How many replicas each stage of a pipeline should have, and why. Pure: time and figures are given, nothing is asked.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/json/json.h"

namespace tidegate::autoscaler {

// A figure that was seen (a true zero is a value) or that is not known now. Unknown never scales in.
using Figure = std::optional<double>;

enum class StageKind { source, processor, sink };

// What the user wishes for a stage. min 0: it may stand empty and is woken by the first record.
struct Limits {
  int min = 1;
  int max = 1;
  bool pause_in = false;        // annotation: never fewer
  bool pause_out = false;       // annotation: never more
  bool recommend_only = false;  // decisions are told, not carried out
};

// Of the whole pipeline. Unknown latency: sized for throughput and a small standing backlog.
struct Objectives {
  Figure latency_seconds;  // from append to the first topic until the last sink's acknowledgement
  Figure throughput;       // records per second at the first topics that it must be able to take at once
};

struct PartitionFigures {
  Figure end;        // records ever appended (the log's end), a counter
  Figure readable;   // those that may be read (the last stable offset), same scale; falls behind `end` in a transaction
  Figure position;   // those taken in and committed, same scale
  int replica = -1;  // the ordinal that committed last; -1: not known
};

// One look at one stage. Counters run since the group's start over all its replicas; a counter that fell was reset.
struct StageLook {
  std::string name;
  StageKind kind = StageKind::processor;
  std::vector<std::size_t>
      upstream;  // stages (indices) that write what it reads; empty: the topic is filled from outside
  Limits limits;
  double window_seconds = 0;                 // declared window and disorder, not counted against the objective
  std::vector<PartitionFigures> partitions;  // of its input; empty for a source
  Figure read_at;                            // when their ends were read, in seconds as `now`; unknown: now
  Figure busy_seconds;                       // counter: time spent on records, not waiting for any
  Figure records_out;                        // counter
  Figure target_wait_seconds;    // sink, counter: the part of busy_seconds in which only its target was awaited
  Figure bytes_in_flight;        // source: over all replicas
  double bytes_per_replica = 0;  // source: what one replica can hold in flight
  Figure age_seconds;            // of the oldest record that waits
  int replicas = 1;              // as last asked for
  int ready = 0;                 // that hold partitions and work
  int unschedulable = 0;         // pods that no node takes
  std::string unschedulable_why;
  std::string held_up;  // what its workers wait for, such as a target that is away; "" when they work
  bool moving = false;  // a change (scaling, roll-out, rebalance) is not finished
};

// Every reason that a Decision may have.
inline constexpr const char* kReasons[] = {"Steady",    "ScaleOut",      "ScaleIn", "Moving", "Unknown",
                                           "WarmingUp", "Idle",          "Woken",   "AtMax",  "AtPartitions",
                                           "Skewed",    "Unschedulable", "Knee",    "NoGain", "SinkLimited",
                                           "PausedIn",  "PausedOut",     "Min",     "Max"};

// What was decided for a stage, each time: holding is a decision too.
struct Decision {
  std::string stage;
  int from = 0;
  int to = 0;            // == from: hold
  int recommended = 0;   // before pauses and recommend_only
  std::string reason;    // CamelCase, bounded set, see kReasons
  std::string sentence;  // one sentence for people, with the numbers that decided
  std::vector<std::pair<std::string, Figure>>
      terms;  // inputs and intermediate figures, e.g. arrival, forecast, capacity
  std::vector<std::string>
      clamps;              // what bounded the result: Max, Partitions, Skew, SinkLimited, Knee, Unschedulable …
  std::string advice;      // what to change, with numbers, when limits keep it from the objective; else ""
  bool surprised = false;  // the rate has changed, if the next look confirms it: the sooner the better
  Figure unknown_seconds;  // since when inputs are unknown, if they are
  bool unknown_too_long = false;  // to be told by condition and Event
};

// How long a record may take in each stage, in seconds: the latency objective less declared windows, in equal parts
// along the longest path through the stage; of `stages` name, upstream and window_seconds count. nullopt without an
// objective.
std::vector<Figure> latency_budgets(const Objectives& objectives, const std::vector<StageLook>& stages);

// One per pipeline. Not thread-safe. evaluate() once a second (or two), sooner after a surprise; `now` in seconds of a
// clock that never jumps.
class Autoscaler {
 public:
  Autoscaler();
  Autoscaler(Autoscaler&&) noexcept;
  Autoscaler& operator=(Autoscaler&&) noexcept;
  ~Autoscaler();

  // One decision per stage, in the order given. Assumes that decisions are carried out unless recommend_only;
  // `replicas` of the next look is the truth.
  std::vector<Decision> evaluate(double now, const Objectives& objectives, const std::vector<StageLook>& stages);

  // What survives a restart: capacities, knees, start-up times. learn() takes what learned() gave; anything else is
  // ignored.
  Json learned(double now) const;
  void learn(double now, const Json& learned);
  // The operator took over just now: no scale-in for one hold window.
  void took_over(double now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::autoscaler
