// Detects KafkaDegraded and DiskFilling.
#pragma once

#include <deque>

#include "controllers/health/evidence.h"
#include "controllers/health/problem.h"

namespace tidegate::health {

// A cluster that starts for the first time lacks nothing yet.
class Brokers {
 public:
  void look(const ClusterEvidence& cluster, std::vector<Finding>& found);
  // It is new and was never seen whole.
  bool starting() const { return starting_; }

 private:
  bool whole_once_ = false;
  bool starting_ = false;
};

// Watches how full volumes are and when they will be full.
class DiskFilling {
 public:
  static constexpr double kFreeWarning = 0.15, kFreeCritical = 0.05;
  static constexpr Duration kSoon{6 * 3'600'000};

  void look(const Instant& now, const ClusterEvidence& cluster, std::vector<Finding>& found);

  struct Sample {
    SteadyTime at;
    double used;
  };

 private:
  std::map<std::string, std::deque<Sample>> history_;  // by pod
};

}  // namespace tidegate::health
