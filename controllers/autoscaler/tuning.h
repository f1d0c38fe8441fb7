// The numbers of the law. Found on the tuning seeds of bench/autoscale; docs/autoscaling-benchmark.md shows what they
// give.
#pragma once

namespace tidegate::autoscaler::tuning {

// Forecast and need
inline constexpr double kLead = 2;              // seconds beyond the start-up for which the forecast must hold
inline constexpr double kReserve = 1.06;        // capacity asked for, as a multiple of the need: noise, unevenness
inline constexpr double kHarmless = 0.3;        // part of the latency budget that a backlog may use up
inline constexpr double kRecovery = 0.4;        // start-ups within which a backlog is brought down to that
inline constexpr double kShortestRecovery = 2;  // seconds
inline constexpr double kRelief = 5;            // seconds in which a stage before is taken to send on its backlog
inline constexpr double kBurstBudget = 0.8;     // part of the latency budget within which a burst is to be through
inline constexpr double kCorrection = 1.1;      // a change in flight is corrected when it falls short by that

inline constexpr double kUneven = 1.5;  // times the average: a partition that heavy is called skewed

// Scaling in
inline constexpr double kHold = 60;             // seconds whose most need counts
inline constexpr double kHoldBursts = 1.5;      // periods of a window before the stage
inline constexpr double kLongestHold = 3600;    // seconds; rarer bursts are met by scaling out
inline constexpr double kUtilisation = 0.9;     // of the capacity that is left
inline constexpr double kLeastStepIn = 0.03;    // part of the replicas; less is not worth the standstill
inline constexpr double kUseless = 0.02;        // part of the capacity that is not worth another replica
inline constexpr double kIdleBeforeZero = 300;  // seconds

// The trial of a step up
inline constexpr double kSaturated = 0.9;      // utilisation
inline constexpr double kLeastGain = 0.3;      // of what was promised
inline constexpr double kProbation = 20;       // seconds after the new replicas work
inline constexpr double kKneeMemory = 3600;    // seconds
inline constexpr double kTargetLimited = 0.3;  // part of the busy time spent waiting for the sink's target
inline constexpr double kStartUpGain = 0.3;
inline constexpr double kLongestStartUp = 300;  // seconds

inline constexpr double kUnknownPatience = 60;  // seconds
inline constexpr double kIntakeLoad = 0.5;      // part of the bytes that a source may hold in flight

}  // namespace tidegate::autoscaler::tuning
