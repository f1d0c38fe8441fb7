// Detects Unbalanced: records that a stage took off Kafka are not all accounted for. Pure: time is given.
//
// Three counts of the commit metadata must agree with what came before them, in each partition at each commit:
// offsets (records that the position passed, where each takes one offset), rows, results.
#pragma once

#include <array>

#include "common/json/json.h"
#include "controllers/health/evidence.h"
#include "controllers/health/problem.h"

namespace tidegate::health {

inline constexpr std::array<const char*, 3> kChecks{"offsets", "rows", "results"};

// What is missing (positive) or too many; nullopt where the worker does not say enough. `check`: index of kChecks.
Count imbalance(const PartitionEvidence& partition, std::size_t check);
// Over all partitions; nullopt as soon as one is not known.
Count imbalance(const StageEvidence& stage, std::size_t check);

// What is found at the first look of all is taken as known: counting may have begun in an older worker. An imbalance
// never heals by itself, since the counts run on: it is a problem until ten minutes after it last changed,
// and known from then on. Not thread-safe.
class Balance {
 public:
  static constexpr Duration kLasts{600'000};

  void look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found);

  // What is known already, by check and partition; null when nothing was counted.
  Json kept() const;
  void keep(const Json& kept);

 private:
  struct Known {
    Count known;
    std::int64_t now = 0;
    SteadyTime changed{};
  };
  std::map<std::pair<std::size_t, std::size_t>, Known> known_;  // by check and partition
  bool taught_ = false;
};

}  // namespace tidegate::health
