// Detects CollapsedOutput of a processor.
#pragma once

#include "controllers/health/problem.h"
#include "controllers/health/selectivity.h"

namespace tidegate::health {

class CollapsedOutput {
 public:
  void look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found);

  std::optional<double> usual() const { return selectivity_.usual(); }
  Json kept() const { return selectivity_.kept(); }
  void keep(const Json& kept) { selectivity_.keep(kept); }

 private:
  Growth growth_;
  Selectivity selectivity_;
};

}  // namespace tidegate::health
