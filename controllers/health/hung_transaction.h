// Detects HungTransaction of a stage's input: an open transaction hides what was written behind it.
#pragma once

#include <map>

#include "controllers/health/evidence.h"
#include "controllers/health/problem.h"

namespace tidegate::health {

// The last stable offset of a partition stands still below the log's end. Offsets that are not known say nothing: the
// time goes on when they are known again. Not thread-safe.
class HungTransaction {
 public:
  // Longer than a worker that died can leave one open: its 10 s, and a second until a managed Kafka looks.
  static constexpr Duration kPatience{15'000};

  void look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found);

 private:
  struct Standing {
    std::int64_t readable = 0;
    SteadyTime since;
  };
  std::map<std::size_t, Standing> standing_;  // by partition
};

}  // namespace tidegate::health
